"""Likeness: the framework, the product and what runs them."""

__version__ = "0.1.0"
