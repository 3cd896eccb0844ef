"""The framework: a dialogue as a table, turns that apply it, and one event at a time."""
