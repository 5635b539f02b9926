"""The list of all runs: filters, table, labels, bulk actions, chart."""
