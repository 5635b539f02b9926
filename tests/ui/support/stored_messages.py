"""Messages as Langflow stores them."""

from lfclient.api.operations.chat_sessions import read_stored_message
from lfclient.wire.schemas import MessageItem


def row(text, sender="User", **more):
    """Return a stored message."""
    name = "AI" if sender == "Machine" else sender
    return {"text": text, "sender": sender, "sender_name": name, "category": "message", **more}


def read_messages(*rows):
    """Return the messages of these rows; their ids are m0, m1 and so on."""
    items = [MessageItem(id=f"m{number}", **each) for number, each in enumerate(rows)]
    return [read_stored_message(item) for item in items]
