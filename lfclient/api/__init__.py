"""The only place that talks HTTP to a Langflow server."""
