"""A run, its events, the reducer, its outcome and the evidence for it."""
