"""Log lines, the ids that each carries, and the same news only once in a while."""
