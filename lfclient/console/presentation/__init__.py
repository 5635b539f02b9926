"""Words for modes, components and timelines."""
