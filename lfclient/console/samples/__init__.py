"""Sample flows that need no key of any provider.

A sample is a specification: component types, values and links. The components themselves come
from the catalogue of the server it is put on, so that it has that release's own code. What no
Langflow has without a key is brought along as code of our own, which the server builds.
"""
