"""Adding flows to a server, and the menu of the chosen flow."""
