"""Compare the inputs and outputs of runs: texts, tables and structured data.

Every comparison takes bounded time; each result says whether it is complete.
"""
