"""What the clients can do, written once for the sync and the async client."""
