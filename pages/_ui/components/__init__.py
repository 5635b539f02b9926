"""A run's components: graph, table and timings."""
