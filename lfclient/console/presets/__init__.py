"""Presets of a form's values, share links and drafts."""
