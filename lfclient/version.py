"""The version of the client and the console."""

VERSION = "0.2.0"
