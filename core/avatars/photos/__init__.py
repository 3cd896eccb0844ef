"""Photos: taken in, judged, counted, compared."""
