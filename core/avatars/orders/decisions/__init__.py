"""What news of an order changes: pure, a table of status and news."""
