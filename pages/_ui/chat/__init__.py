"""Conversations with a flow: messages, composer, sessions."""
