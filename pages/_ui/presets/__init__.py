"""Presets of a form: bar, menu, import and share link."""
