"""Outputs, one drawing per kind."""
