"""What becomes of those who come: how far they get, whether they stay, and all that happened."""
