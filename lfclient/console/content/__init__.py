"""JSON paths, CSV and JSON writing, media types and images."""
