"""A run: controls, status, progress, details, approval, opened run."""
