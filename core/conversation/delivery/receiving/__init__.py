"""From a messenger's update to a committed event, and the answer that a press waits for."""
