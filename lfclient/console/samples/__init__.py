"""Sample flows that need no provider's API key.

A sample is a specification: component types, values and links. Its components come from the
catalogue of the server, so that they match its release. Custom components are added as code, which
the server builds.
"""
