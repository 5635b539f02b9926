"""Leaf helpers: formatting, redaction, file names, coercion."""
