"""The list of all runs: filters, table, stars, bulk actions."""
