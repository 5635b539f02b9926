import asyncio
import re

from langchain_core.messages import AIMessageChunk
from lfx.custom import Component
from lfx.io import IntInput, MessageTextInput, Output
from lfx.schema.message import Message


class WordByWord(Component):
    display_name = "Word by word"
    description = "Passes a message on word by word, as a language model would."
    icon = "message-square-text"

    inputs = [
        MessageTextInput(name="message", display_name="Message"),
        IntInput(name="pause", display_name="Milliseconds per word", value=80),
    ]
    outputs = [Output(name="said", display_name="Message", method="say")]

    async def say(self) -> Message:
        # a run that nobody can follow never reads a stream, and would end with an empty text
        if self._event_manager is None or not self.graph.session_id:
            return Message(text=self.message)
        source = {"id": self._id, "display_name": self.display_name, "source": self.display_name}
        return await self.send_message(
            Message(
                text=self.words(),
                sender="Machine",
                sender_name="AI",
                session_id=self.graph.session_id,
                properties={"state": "partial", "source": source},
            )
        )

    async def words(self):
        for word in re.findall(r"\s*\S+\s*", self.message):
            await asyncio.sleep(self.pause / 1000)
            yield AIMessageChunk(content=word)
