"""When a changed screen is due, and rows that fire a signal later."""
