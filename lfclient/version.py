"""The version of the client and the console."""

VERSION = "0.3.0"
