"""Settings, connections, discovery, ownership, key vault and retention settings."""
