"""A Langflow of the user's own on this machine: installed, started and stopped on demand.

It is the real one, a pinned `langflow-base`, in a folder of the user's data. It listens on
loopback only, with a password and an API key made for it, and goes on when the console ends.
"""
