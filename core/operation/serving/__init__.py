"""How something is served over HTTP: the web server, and a site that Streamlit draws."""
