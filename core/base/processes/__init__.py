"""A process among others: its identity and signs of life, what it counts, and how it stops."""
