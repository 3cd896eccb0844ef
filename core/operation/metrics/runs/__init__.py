"""Orders one by one and by what became of them: their course, and how they fail."""
