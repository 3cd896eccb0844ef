"""A channel served as a process of its own, with a made-up dialogue that shows what went wrong."""
