"""A component's output in one shape per kind."""
