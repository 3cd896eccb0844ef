"""What a turn costs: durable turns against their floor and against two frameworks in memory."""
