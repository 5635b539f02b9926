"""The form of a flow: what is entered, and what follows from it."""
