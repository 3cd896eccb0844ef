"""Whatever is ordered and paid at fal: what may be sent, what was, and what became of it."""
