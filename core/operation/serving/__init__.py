"""Serving over HTTP: uvicorn and shared responses."""
