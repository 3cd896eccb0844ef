"""Settings of what people get: avatars, pictures and words, who makes them, and for how much."""
