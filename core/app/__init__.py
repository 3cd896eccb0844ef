"""The application: wired once, started from the command line."""
