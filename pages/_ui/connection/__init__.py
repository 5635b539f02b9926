"""The connection to a server, its request cache, and the panels to choose it."""
