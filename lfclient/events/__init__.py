"""What happens in a run (Langflow 1.11 and later): frames of the wire, and typed events."""
