"""Settings, connections, discovery, ownership, key vault, retention settings and prices."""
