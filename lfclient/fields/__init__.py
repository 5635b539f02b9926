"""Which parameters of a flow a run may override, and how their values are checked and sent."""
