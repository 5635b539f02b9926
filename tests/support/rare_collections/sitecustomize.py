"""Let a Langflow collect garbage rarely, which saves a seventh of the time of its start.

A server of the tests has this folder on its path. Python imports this module when it starts.
Before 1.13, Langflow collects all garbage by hand, eight times for each knowledge base: this looks
at a million objects each time, and takes a busy machine a minute. Here it collects the young ones.
"""

import gc

_collect = gc.collect


def _collect_young(generation: int = 1) -> int:
    return _collect(min(generation, 1))


gc.set_threshold(50_000, 50, 50)
gc.collect = _collect_young
