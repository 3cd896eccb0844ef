"""From a changed screen to a message: what is due, which process sends it, and how fast."""
