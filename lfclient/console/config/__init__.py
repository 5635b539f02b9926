"""Settings, connections, discovery, ownership, keys and retention settings."""
