"""Numbers for Prometheus: what all processes counted and what the dashboard shows, as text."""
