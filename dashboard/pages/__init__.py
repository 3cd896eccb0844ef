"""The pages: each draws itself with a `View`; nothing happens when they are imported."""
