"""Code of components that only tests use, by type."""

from __future__ import annotations

_TELLS_SECRET = """
from lfx.custom import Component
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message


class TellsSecret(Component):
    display_name = "Tells its secret"
    inputs = [
        MessageTextInput(name="after", display_name="After"),
        MessageTextInput(name="api_key", display_name="API key"),
    ]
    outputs = [Output(name="said", display_name="Said", method="say")]

    async def say(self) -> Message:
        self.log(f"it is {self.api_key}")
        return Message(text=f"it is {self.api_key}")
"""

# base64: nothing on the way to the response changes it
_TELLS_VALUES = """
import base64
import hashlib
import json

from lfx.custom import Component
from lfx.io import MessageTextInput, MultilineInput, Output, SecretStrInput, TableInput
from lfx.schema.message import Message

COLUMNS = [{"name": name, "display_name": name, "type": "str"} for name in ("word", "hard")]


class TellsValues(Component):
    display_name = "Tells its values"
    inputs = [
        MessageTextInput(name="said", display_name="Said"),
        MessageTextInput(name="read", display_name="Read"),
        MultilineInput(name="note", display_name="Note"),
        TableInput(name="rows", display_name="Rows", table_schema=COLUMNS, value=[]),
        SecretStrInput(name="password", display_name="Password"),
    ]
    outputs = [Output(name="told", display_name="Told", method="tell")]

    async def tell(self) -> Message:
        values = {name: getattr(self, name) for name in ("said", "read", "note", "rows")}
        values["password"] = hashlib.sha256(self.password.encode()).hexdigest()
        values_json = json.dumps(values, default=str).encode()
        return Message(text=base64.b64encode(values_json).decode())
"""

# more events than a server buffers for a slow reader, in bursts below 256: with more, its own event
# log lags behind and it fails the run
_TALKS = """
import asyncio

from lfx.custom import Component
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message


class Talks(Component):
    display_name = "Talks"
    inputs = [MessageTextInput(name="after", display_name="After")]
    outputs = [Output(name="said", display_name="Said", method="say")]

    async def say(self) -> Message:
        await asyncio.sleep(0.3)
        for number in range(1500):
            self.log(f"{number} " + "x" * 5000)
            if number % 25 == 0:
                await asyncio.sleep(0.03)
        return Message(text="said")
"""

# leaves no trace on the server until it is released; on demand its first attempt fails
_HELD_STEP = """
import asyncio
from pathlib import Path

from lfx.custom import Component
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message


class HeldStep(Component):
    display_name = "Held step"
    inputs = [
        MessageTextInput(name="after", display_name="After"),
        MessageTextInput(name="folder", display_name="Folder"),
        MessageTextInput(name="api_key", display_name="API key"),
    ]
    outputs = [Output(name="done", display_name="Done", method="work")]

    async def work(self) -> Message:
        folder = Path(self.folder)
        first = not (folder / "begun").exists()
        with (folder / "begun").open("a") as begun:
            begun.write("once\\n")
        while not (folder / "go").exists():
            await asyncio.sleep(0.02)
        if first and (folder / "fails").exists():
            raise ValueError("the first attempt")
        return Message(text="done")
"""

OWN = {
    "TellsSecret": _TELLS_SECRET,
    "TellsValues": _TELLS_VALUES,
    "Talks": _TALKS,
    "HeldStep": _HELD_STEP,
}
