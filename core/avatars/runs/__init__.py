"""A training run, step by step: prepared, ordered once, followed, carried home, written down."""
