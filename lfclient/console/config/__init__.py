"""Settings, connections, ownership, key vault and prices."""
