"""Libraries of the outside world behind the product's ports."""
