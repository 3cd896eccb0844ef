"""Likeness: its own channels, each found by its entry point."""
