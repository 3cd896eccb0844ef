"""A training run, step by step: prepared, ordered once, followed, transferred, written down."""
