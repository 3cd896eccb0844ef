"""Every number that is watched: a named function with one aggregate query each, a file a topic."""
