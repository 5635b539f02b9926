"""Display texts: run modes, component names and timelines."""
