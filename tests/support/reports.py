"""A run with every kind of output, and parsed reports, for tests of exports."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from PIL import Image

from lfclient.console.export.report.report import report_html
from lfclient.console.store.notes import quote
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.field import Variable
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, Message, NotRun, RunError
from lfclient.runs.model import Run, RunStatus

AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
EVIL = "<script>alert(1)</script><img src=https://evil.test/x onerror=alert(1)>'\"&\x00\u202e"
FILE = FileRef("../out <put>.txt", id="1", size=5)
GONE = FileRef("gone.bin", id="2", size=7_000_000)


def png(width: int = 8) -> bytes:
    """Return a PNG image."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, width)).save(file, "PNG")
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that declares a size and has no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    header += struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + bytes(4) + b"IDAT"


def big_png() -> bytes:
    """Return a PNG that declares 400 megapixels."""
    return png_header(20_000, 20_000)


PNG = png()
URI = "data:image/png;base64," + base64.b64encode(PNG).decode()
MARKDOWN = f"""# Heading
**bold** {EVIL} [link](https://example.com/a) [bad](javascript:alert(1)) <https://example.com/b>
![remote](https://evil.test/remote.png) ![own]({URI})

| a | b |
|---|--:|
| 1 | 2 |
"""


def output(component: str, kind: OutputKind, value: object, **more: object) -> Output:
    """Return an output."""
    name = more.pop("display_name", f"The {component}")
    return Output(component, kind, value, type=kind.value, display_name=name, **more)


def run_of(*outputs: Output, **more: object) -> Run:
    """Return a completed run."""
    found = {one.component_id: one for one in outputs}
    return Run(
        **{
            "flow_id": "f",
            "mode": "background",
            "status": RunStatus.COMPLETED,
            "outputs": found,
            **more,
        }
    )


def record_of(run: Run | None, **more: object) -> RunRecord:
    """Return the record of a run."""
    return RunRecord(
        **{
            "id": "ab" * 16,
            "owner": "o",
            "submit_token": "c",
            "server_name": "Production",
            "server_url": "https://user:hunter2@langflow.example.com/base",
            "flow_id": "f",
            "flow_name": "Weekly report",
            "mode": "background",
            "created_at": AT,
            "ended_at": AT + timedelta(seconds=5),
            "status": run.status if run else RunStatus.QUEUED,
            "run": run,
            "attempts": 1,
            **more,
        }
    )


def _worked(component: str, state: ComponentState, seconds: float, end: float) -> ComponentRun:
    ended = AT + timedelta(seconds=end)
    return ComponentRun(component, state, f"The {component}", seconds=seconds, ended_at=ended)


def everything(text: str = EVIL) -> RunRecord:
    """Return a failed run with every kind of output, and `text` in place of all untrusted text."""
    several = output("P-1", OutputKind.MESSAGE, text)
    parts = {text: several, "second": output("P-1", OutputKind.TABLE, [{text: text}])}
    run = run_of(
        output("Chat-1", OutputKind.MESSAGE, MARKDOWN.replace(EVIL, text), display_name=text),
        output("Table-1", OutputKind.TABLE, [{"n": -5, text: text, "deep": {text: [text]}}] * 3),
        output("Data-1", OutputKind.DATA, {text: [text, 1, None], "pic": URI, "x": [[[]]]}),
        output("Image-1", OutputKind.IMAGE, PNG),
        output("Remote-1", OutputKind.IMAGE, "https://evil.test/picture.png"),
        output("File-1", OutputKind.FILE, replace(FILE, name=f"{text}.txt")),
        output("Gone-1", OutputKind.FILE, GONE),
        output("Error-1", OutputKind.ERROR, text),
        output("Odd-1", OutputKind.UNKNOWN, text, note=text, truncated=True, missing=3),
        output("Empty-1", OutputKind.TABLE, None),
        replace(several, parts=parts),
        status=RunStatus.FAILED,
        not_run=(NotRun("N-1", text, text),),
        errors=(RunError(text, component=text, traceback=text),),
        warnings=(text,),
        components={
            "A-1": _worked("A-1", ComponentState.DONE, 2, 2),
            "B-1": replace(_worked("B-1", ComponentState.FAILED, 1, 4), display_name=text),
            "C-1": ComponentRun("C-1", ComponentState.WAITING, "The C-1"),
        },
        messages={"m": Message("m", text, "Machine", sender_name=text, complete=False)},
        raw={"outputs": text},
    )
    return record_of(
        run,
        flow_name=text,
        server_name=text,
        session_id=text,
        job_id=text,
        stop_result=(quote(text),),
        flow_defaults={"Chat-1.place": text},
        overrides={
            "Chat-1.input_value": text,
            "Chat-1.api_key": "was set",
            "Chat-1.more": {text: [text]},
            "Chat-1.variable": Variable(text),
        },
    )


class Page(HTMLParser):
    """The parsed elements and text of a page."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def values(self, tag, name):
        return [attributes[name] for one, attributes in self.elements if one == tag]


def page(record, flow=None, **options):
    return Page(report_html(record, flow, now=AT, **options))


def of(*outputs):
    return page(record_of(run_of(*outputs)))
