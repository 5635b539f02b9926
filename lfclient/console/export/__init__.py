"""A run saved as files: a ZIP archive and an HTML report."""
