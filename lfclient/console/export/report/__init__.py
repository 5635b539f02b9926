"""Export a run as a single HTML file."""
