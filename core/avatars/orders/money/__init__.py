"""What an order costs, and whether the day's budget holds it."""
