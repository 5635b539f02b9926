"""A flow's graph, and its fields: kinds, extraction, validation, encoding."""
