"""What belongs to a person: exported, erased, kept no longer than it is needed."""
