"""A run: controls, status, progress, details, approval, rerun."""
