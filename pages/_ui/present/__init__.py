"""A flow as an audience sees it, and the result of one run."""
