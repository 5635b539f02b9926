"""Let a Langflow collect garbage rarely, which saves a seventh of the time of its start.

A server of the tests has this folder on its path. Python imports this module when it starts.
"""

import gc

gc.set_threshold(50_000, 50, 50)
