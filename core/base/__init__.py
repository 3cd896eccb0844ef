"""What everything stands on: the database, errors, logs, settings, texts."""
