"""Runs flows outside any page, so that a closed tab or a rerun loses nothing."""
