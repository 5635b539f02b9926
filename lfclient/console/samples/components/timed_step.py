import asyncio

from lfx.custom import Component
from lfx.io import IntInput, MessageTextInput, Output
from lfx.schema.message import Message


class TimedStep(Component):
    display_name = "Timed step"
    description = "Takes some seconds, counts them in its log, and returns a text."
    icon = "timer"

    inputs = [
        MessageTextInput(name="after", display_name="Begins after"),
        IntInput(name="seconds", display_name="Seconds", info="How long the step takes", value=3),
        MessageTextInput(name="result", display_name="Result"),
    ]
    outputs = [Output(name="done", display_name="Result", method="work")]

    async def work(self) -> Message:
        # not time.sleep in a thread, which a stopped run would leave behind
        for second in range(1, self.seconds + 1):
            await asyncio.sleep(1)
            self.log(f"{second} of {self.seconds} seconds", name="Progress")
        return Message(text=self.result)
