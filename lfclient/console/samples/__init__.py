"""Sample flows that need no provider's API key.

A sample is a specification: component types, values and links. The server's catalogue provides the
components, so that they match the server's version. Custom components are added as code, which the
server builds.
"""
