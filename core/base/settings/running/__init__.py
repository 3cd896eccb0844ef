"""Settings of how the product is run: its processes, sites, stores and alerts."""
