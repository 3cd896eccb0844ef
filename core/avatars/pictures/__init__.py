"""Pictures of a trained avatar: packs and wishes, and what a painter is told."""
