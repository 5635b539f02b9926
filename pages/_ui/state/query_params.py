"""Names of the query parameters that pages share."""

RUN = "run"  # the shown run
FLOW = "flow"  # the chosen flow
RUNS = "runs"  # the compared runs, separated by commas
SESSION = "session"  # the open chat session
PRESET = "preset"  # the preset that fills the form
VALUES = "values"  # the encoded values that fill the form
