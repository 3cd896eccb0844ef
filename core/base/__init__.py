"""The base layer: database, errors, logs, settings, translations, process helpers."""
