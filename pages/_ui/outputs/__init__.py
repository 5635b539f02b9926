"""The viewers of outputs, one per kind. `view.py` tells how to add one."""
