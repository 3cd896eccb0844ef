"""The product: the avatar flow, its photos, its trainings, and what belongs to a person."""
