"""Export a run as a ZIP archive or an HTML report, and a comparison as CSV."""
