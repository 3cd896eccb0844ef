"""The check of a photo: what the file is, what is seen in it, what it repeats."""
