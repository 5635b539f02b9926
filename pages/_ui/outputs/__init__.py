"""The viewers of outputs, one per kind."""
