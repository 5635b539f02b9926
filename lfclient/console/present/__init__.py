"""Presentations: what an audience sees of a flow."""
