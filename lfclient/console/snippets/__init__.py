"""Code that repeats a run, for curl and lfclient.

Snippets are generated from the request that the client would send. They read secrets from
environment variables.
"""
