"""Who may look: passwords, OpenID Connect, and the middleware in front of every page."""
