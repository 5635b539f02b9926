"""A local Langflow for one user: installed, started and stopped on demand.

The server is a pinned `langflow-base` in the user's data folder. It listens on loopback only, has a
generated password and API key, and keeps running when the console exits.
"""
