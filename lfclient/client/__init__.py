"""The clients of the Workflow API: the only place that talks HTTP to a Langflow server."""
