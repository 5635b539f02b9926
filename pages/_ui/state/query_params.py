"""Names of the query parameters in a page's address."""

from __future__ import annotations

RUN = "run"  # in the address: the run that is shown


FLOW = "flow"  # in the address: the flow that is chosen


RUNS = "runs"  # in the address: the runs that are compared, with commas between them


SESSION = "session"  # in the address: the session that is talked in


PRESET = "preset"  # in the address: the preset that the form is to be filled with


VALUES = "values"  # in the address: the values that it is to be filled with
