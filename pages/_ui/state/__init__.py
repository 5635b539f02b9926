"""Session state and query parameters, one module a topic."""
