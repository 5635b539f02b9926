"""A run as code that does the same, to be copied: for curl, Python and TypeScript. Pure.

All are made from the request that the client itself would send (`lfclient/dialects.py`). A secret
is never in them: each is read from an environment variable.
"""
