"""Up to twelve runs against a baseline."""
