"""Serving over HTTP: uvicorn, shared responses, Streamlit's options."""
