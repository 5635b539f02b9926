"""Let a Langflow collect garbage rarely, and never all of it when its own code asks for that.

Most servers of the tests have this folder on their path: Python imports this module when it starts.
Rare collections save a seventh of the time of its start. Before 1.13, Langflow calls `gc.collect()`
some eight times for each knowledge base; without the oldest objects, adding a file to one takes
0.4 s instead of 3.4 s (1.11.6), and on a busy machine seconds instead of a minute.
"""

import gc

_collect = gc.collect


def _collect_young(generation: int = 1) -> int:
    return _collect(min(generation, 1))


gc.set_threshold(50_000, 50, 50)
gc.collect = _collect_young
