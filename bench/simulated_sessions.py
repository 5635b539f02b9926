"""Sessions that use a page without drawing it: websockets that speak Streamlit's protocol.

They rerun fragments at their intervals as a browser does, note when a text first arrives, and may
press a button. They run in a process of their own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

OPENING_AT_ONCE = 4
HEALTH_PAUSE = 0.1


@dataclass(frozen=True)
class Seen:
    """When each text first arrived in each session, by the machine's clock.

    `pressed` has when each pressed the button. `health` has the seconds that each request for the
    health page took until the last text.
    """

    times: list[dict[str, float]]
    pressed: list[float]
    health: list[float]


@dataclass(frozen=True)
class Press:
    """A button that each session presses once, within so many `seconds` of all.

    Before, it types `text` and its number into the page's text area.
    """

    label: str
    seconds: float
    text: str


class Watching:
    """Sessions in their process: `start` once all show their page, then `result`."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def wait_until_open(self, timeout: float) -> None:
        """Wait until each session shows its first text. Raises `TimeoutError`."""
        self._receive(timeout)

    def press(self) -> None:
        """Let the sessions press their button."""
        self._pipe.send(None)

    def result(self) -> Seen:
        """Wait until each session has shown every text. Raises `RuntimeError` if one has not."""
        seen = self._receive(None)
        assert isinstance(seen, Seen)
        return seen

    def _receive(self, timeout: float | None) -> object:
        if not self._pipe.poll(timeout):
            raise TimeoutError("The sessions did not show their texts in time.")
        message = self._pipe.recv()
        if isinstance(message, Exception):
            raise message
        return message


@contextmanager
def watching(
    addresses: Sequence[str], first: str, *texts: str, seconds: float, press: Press | None = None
) -> Iterator[Watching]:
    """Open a session for each address; each shows a text `first`, then each of `texts`.

    They wait so many `seconds` for those. With `press`, they wait for `Watching.press` before.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_main, args=(theirs, addresses, first, texts, seconds, press), daemon=True
    )
    process.start()
    theirs.close()  # so that the end of the process is noticed
    try:
        yield Watching(ours)
    finally:
        process.terminate()
        process.join()


def _main(
    pipe: Connection,
    addresses: Sequence[str],
    first: str,
    texts: Sequence[str],
    seconds: float,
    press: Press | None,
) -> None:
    try:
        asyncio.run(_watch_all(pipe, addresses, first, texts, seconds, press))
    except* Exception as errors:
        pipe.send(RuntimeError(repr(errors.exceptions)))


async def _watch_all(
    pipe: Connection,
    addresses: Sequence[str],
    first: str,
    texts: Sequence[str],
    seconds: float,
    press: Press | None,
) -> None:
    turn = asyncio.Semaphore(OPENING_AT_ONCE)

    async def open_in_turn(session: _Session) -> None:
        async with turn:
            await session.open()
            await session.shown[first].wait()

    async with asyncio.TaskGroup() as group:
        sessions = [_Session(address, (first, *texts), group) for address in addresses]
        await asyncio.gather(*map(open_in_turn, sessions))
        pipe.send(None)
        if press:
            await asyncio.to_thread(pipe.recv)
            for number, session in enumerate(sessions):
                group.create_task(session.press(press, f"{press.text} {number}"))
        health: list[float] = []
        poll = group.create_task(_poll_health(addresses[0], health))
        try:
            async with asyncio.timeout(seconds):
                for session in sessions:
                    for text in texts:
                        await session.shown[text].wait()
        except TimeoutError:
            lacking = [session.lacks() for session in sessions if session.lacks()]
            raise TimeoutError(f"{len(lacking)} sessions: {lacking[:3]}") from None
        poll.cancel()
        pressed = [session.pressed for session in sessions]
        pipe.send(Seen([session.times for session in sessions], pressed, health))
        for session in sessions:
            await session.close()


async def _poll_health(address: str, seconds: list[float]) -> None:
    url = f"http://{urlsplit(address).netloc}/_stcore/health"
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        while True:
            began = time.monotonic()
            await client.get(url)
            seconds.append(time.monotonic() - began)
            await asyncio.sleep(HEALTH_PAUSE)


@dataclass
class _Session:
    address: str
    texts: Sequence[str]
    group: asyncio.TaskGroup
    times: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shown = {text: asyncio.Event() for text in self.texts}
        self._needles = {text: text.encode() for text in self.texts}
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._page = self._last = self._text_area = ""
        self._buttons: dict[str, str] = {}  # ids by label
        self.pressed = 0.0
        self._received_at = time.monotonic()

    async def open(self) -> None:
        """Open the socket and ask for the page."""
        parts = urlsplit(self.address)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            health = await client.get(f"http://{parts.netloc}/_stcore/health")
        cookies = "; ".join(f"{name}={value}" for name, value in health.cookies.items())
        self._socket: ClientConnection = await connect(
            f"ws://{parts.netloc}/_stcore/stream",
            origin=f"http://{parts.netloc}",  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"cookie": cookies} if cookies else None,
            proxy=None,
            max_size=None,
            ping_interval=None,
            open_timeout=60,
        )
        self._query = parts.query
        self._reader = self.group.create_task(self._read())
        await self._rerun()

    def lacks(self) -> str:
        """Return which texts have not arrived, and what did last; "" if all have."""
        texts = [text for text, event in self.shown.items() if not event.is_set()]
        quiet = time.monotonic() - self._received_at
        closed = self._reader.done() and f", closed: {self._socket.close_code}"
        return f"{texts}, {quiet:.0f} s after {self._last}{closed or ''}" if texts else ""

    async def close(self) -> None:
        """Close the socket, as closing a tab does."""
        self._stop_timers()
        self._reader.cancel()
        await self._socket.close()

    async def press(self, press: Press, text: str) -> None:
        """Type a text and press the button, at some moment of its seconds."""
        await asyncio.sleep(random.random() * press.seconds)
        self.pressed = time.time()
        message = BackMsg()
        states = message.rerun_script.widget_states.widgets
        states.add(id=self._text_area, string_value=text)
        states.add(id=self._buttons[press.label], trigger_value=True)
        await self._rerun(message=message)

    async def _rerun(self, fragment_id: str = "", message: BackMsg | None = None) -> None:
        message = message or BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self._query, self._page
        state.fragment_id, state.is_auto_rerun = fragment_id, bool(fragment_id)
        state.context_info.timezone, state.context_info.locale = "UTC", "en"
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        async for data in self._socket:
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            self._last, self._received_at = str(kind), time.monotonic()
            if kind == "delta":
                element = message.delta.new_element
                self._note_widget(element)
                self._note(data, element.markdown.body)
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
                self._note(data, self._query)
            elif kind == "new_session":
                self._page = message.new_session.page_script_hash
                if not message.metadata.run.fragment_ids:
                    self._stop_timers()
            elif kind == "auto_rerun":
                self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            elif kind == "stop_auto_rerun":
                for fragment_id in message.stop_auto_rerun.fragment_ids:
                    self._stop_timer(fragment_id)

    def _note_widget(self, element: Element) -> None:
        if element.HasField("button"):
            self._buttons[element.button.label] = element.button.id
        elif element.HasField("text_area"):
            self._text_area = element.text_area.id

    def _note(self, data: bytes, shown: str) -> None:
        """Note the texts in a Markdown element or the address; labels of buttons do not count."""
        for text, needle in self._needles.items():
            if text not in self.times and needle in data and text in shown:
                self.times[text] = time.time()
                self.shown[text].set()

    def _start_timer(self, fragment_id: str, interval: float) -> None:
        if self._timers.get(fragment_id, (None,))[0] != interval:
            self._stop_timer(fragment_id)
            task = self.group.create_task(self._tick(fragment_id, interval))
            self._timers[fragment_id] = interval, task

    def _stop_timer(self, fragment_id: str) -> None:
        if fragment_id in self._timers:
            self._timers.pop(fragment_id)[1].cancel()

    def _stop_timers(self) -> None:
        for fragment_id in list(self._timers):
            self._stop_timer(fragment_id)

    async def _tick(self, fragment_id: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._rerun(fragment_id)
