"""Draws the example pictures that the product shows; see `__main__`."""
