"""Runs, presets and drafts in SQLite or PostgreSQL."""
