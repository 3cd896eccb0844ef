"""Faces in a photo: what a detector finds, how each is turned, and whether all show one person."""
