"""Backups of the embedded mode: one SQLite file and a folder of objects."""
