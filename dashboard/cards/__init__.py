"""What a row opens into, and what may be done about it."""
