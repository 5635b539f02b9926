"""Display texts: run modes, statuses, component names and timelines."""
