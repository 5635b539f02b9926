"""A run as one HTML file: escaped, without secrets, bounded, and loading nothing."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from lfclient.errors import LangflowError
from lfclient.flow import Flow
from lfclient.outputs import FileRef, OutputKind
from lfclient.redact import BLOT
from lfclient.report import blocks, markdown, report_html
from lfclient.run import RunStatus
from lfclient.store.record import ADOPTED, RecordProblem
from tests import flows
from tests.reports import (
    AT,
    FILE,
    GONE,
    PNG,
    URI,
    everything,
    output,
    png,
    record_of,
    run_of,
)


class Page(HTMLParser):
    """What a browser makes of a page: its elements, and its text."""

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


def test_tells_everything_of_a_run():
    """Flow, server, status, times, session, inputs, outputs, components, problems."""
    said = page(everything("words of somebody")).text
    for words in (
        "failed",
        "https://langflow.example.com/base",
        "Background",
        "2026-11-25 01:02:03 UTC",
        "5.0 s",
        "was set",
        "the server's variable words of somebody",
        "words of somebody failed",
        "did not run",
        "3 rows × 3 columns",
        "The server cut this: 3 characters are missing.",
        "2.0 s",
        "An image at https://evil.test/picture.png is not loaded.",
    ):
        assert words in said
    assert "hunter2" not in said


def test_somebody_elses_text_is_only_text():
    """No element, no attribute and no address comes of it, wherever it stands."""
    html = report_html(everything(), None, fetch=lambda *_: b"x")
    found = Page(html)
    allowed = {"script", "iframe", "object", "embed", "form", "link", "base", "svg", "input"}
    assert not allowed & {tag for tag, _ in found.elements}
    for tag, attributes in found.elements:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "srcset", "poster", "background", "action", "data"):
            assert attributes.get(name, "data:image/png;").startswith("data:image/png;")
        address = attributes.get("href", "https://example.com/")
        assert address.startswith(("https://example.com/", "data:application/octet-stream;"))
    assert found.text.count("<script>alert(1)</script>") > 20
    policy = next(a["content"] for tag, a in found.elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.test/a.png)",
        "![x](//evil.test/a.png)",
        "![x][r]\n\n[r]: https://evil.test/a.png",
        "[![x](https://evil.test/a.png)](https://example.com/)",
        "<img src='https://evil.test/a.png'>",
        "<svg><image href='https://evil.test/a.png'/></svg>",
        "<style>@import 'https://evil.test/a.css'</style>",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/png;base64,~0~)",
        "![x](data:image/svg+xml,%3Csvg/onload=alert(1)%3E)",
        "| a |\n|:--:|\n| ![x](https://evil.test/a.png) |",
    ],
)
def test_markdown_loads_nothing(text):
    """A remote image is named, in whatever way it is written."""
    found = of(output("C-1", OutputKind.MESSAGE, text))
    assert [tag for tag, _ in found.elements if tag in ("img", "svg", "image", "link")] == []


@pytest.mark.parametrize(
    "text", ["[x](javascript:alert(1))", "[x](data:text/html,y)", "[x](vbscript:a)"]
)
def test_markdown_links_to_the_web_only(text):
    """Nothing that runs, and nothing on the reader's own disk."""
    assert of(output("C-1", OutputKind.MESSAGE, text)).values("a", "href") == []


def test_markdown_is_read():
    """Headings, tables, code and links are what they are."""
    text = "# T\n\n| a |\n|--:|\n| 1 |\n\n~~x~~ `y`\n\n```py\nz\n```\n[l](https://example.com/)"
    found = of(output("C-1", OutputKind.MESSAGE, text))
    tags = [tag for tag, _ in found.elements]
    assert {"table", "s", "code", "a"} <= set(tags)
    assert found.values("a", "rel") == ["noopener noreferrer nofollow"]


def test_images_that_came_along_are_embedded():
    """Those in a message where they stand, and once; those of data and bytes below."""
    found = of(
        output("A-1", OutputKind.MESSAGE, f"before ![a]({URI}) after"),
        output("B-1", OutputKind.MESSAGE, URI),
        output("C-1", OutputKind.DATA, {"pic": URI}),
        output("D-1", OutputKind.IMAGE, PNG),
    )
    assert found.values("img", "src") == [URI] * 4


def test_images_beyond_the_room_are_counted(monkeypatch):
    """One that is too large, and all that would make the file too large."""
    monkeypatch.setattr(blocks, "PICTURES_BYTES", 2 * len(URI) + 10)
    pictures = [
        {"pic": "data:image/png;base64," + base64.b64encode(png(n)).decode()}
        for n in (8, 9, 10, 11)
    ]
    found = of(output("C-1", OutputKind.DATA, pictures))
    drawn = len(found.values("img", "src"))
    assert 0 < drawn < 4
    assert f"{4 - drawn} image" in found.text
    monkeypatch.setattr(blocks, "PICTURE_BYTES", 10)
    found = of(
        output("A-1", OutputKind.MESSAGE, f"![a]({URI})"), output("B-1", OutputKind.IMAGE, PNG)
    )
    assert found.values("img", "src") in ([], [""])
    assert found.text.count("1 image left out") == 2


def test_what_is_no_image_is_said():
    """Damaged text of an image, and a file that is another thing."""
    found = of(output("C-1", OutputKind.IMAGE, b"no image"))
    assert "An image that cannot be drawn" in found.text


def test_tables_have_an_honest_bound():
    """Rows, columns and cells that are left out are counted."""
    rows = [{f"c{column}": "x" for column in range(60)} for _ in range(1200)]
    rows[0]["c0"] = "y" * 5000
    found = of(output("C-1", OutputKind.TABLE, rows))
    for words in (
        "1,200 rows × 60 columns.",
        "The first 1,000 rows are shown, 200 are left out.",
        "10 columns left out.",
        "1 cell cut at 1,000 characters.",
    ):
        assert words in found.text
    assert [tag for tag, _ in found.elements].count("tr") == 1001


def test_a_table_of_long_cells_is_no_longer_than_others(monkeypatch):
    """It ends earlier, and says so."""
    monkeypatch.setattr(blocks, "CELLS", 5_000)
    found = of(output("C-1", OutputKind.TABLE, [{"a": "x" * 900}] * 10))
    assert "The first 5 rows are shown, 5 are left out." in found.text


@pytest.mark.parametrize("wide", [True, False])
def test_data_has_an_honest_bound(wide):
    """Whether it has many values or deep ones."""
    value = list(range(30_000)) if wide else []
    for _ in range(0 if wide else 5000):
        value = [value]
    found = of(output("C-1", OutputKind.DATA, value))
    assert ("Left out: 10,000 values" if wide else "Left out: 1 value") in found.text


def test_long_texts_are_plain(monkeypatch):
    """Beyond what is read as Markdown, and its end beyond that; images in it do not count."""
    monkeypatch.setattr(markdown, "LIMIT", 1000)
    monkeypatch.setattr(blocks, "TEXT", 2000)
    found = of(output("C-1", OutputKind.MESSAGE, "*a* " * 600))
    assert "2,400 characters: too long to be read as Markdown." in found.text
    assert "The last 400 characters are left out." in found.text
    large = "data:image/png;base64," + base64.b64encode(PNG + bytes(3000)).decode()
    found = of(output("C-1", OutputKind.MESSAGE, f"*a* ![x]({large})"))
    assert found.values("img", "src") == [large]
    assert "em" in [tag for tag, _ in found.elements]


def test_50_mb_are_no_trouble():
    """A report of much is made in a moment, and is not much itself."""
    rows = [{"a": "x" * 500, "b": number} for number in range(50_000)]
    run = run_of(
        output("A-1", OutputKind.MESSAGE, "word " * 5_000_000),
        output("B-1", OutputKind.TABLE, rows),
        output("C-1", OutputKind.DATA, {"rows": rows}),
    )
    began = time.monotonic()
    assert len(report_html(record_of(run), None)) < 5_000_000
    assert time.monotonic() - began < 10


def test_files_are_links_up_to_a_size():
    """Those that are larger or cannot be had are named, with why."""
    gone = replace(GONE, size=None)

    def fetch(ref, room):
        if ref is FILE:
            return b"hello"
        raise LangflowError(f"There are more than {room} bytes.")

    run = run_of(output("A-1", OutputKind.FILE, FILE), output("B-1", OutputKind.FILE, gone))
    found = page(record_of(run), fetch=fetch)
    assert found.values("a", "download") == ["out _put_.txt"]
    assert found.values("a", "href") == ["data:application/octet-stream;base64,aGVsbG8="]
    words = f"The file itself is not in this report. There are more than {blocks.FILE_BYTES} bytes."
    assert words in found.text


def test_files_are_fetched_only_while_there_is_room(monkeypatch):
    """What fits no more is not asked for, nor what says that it is too large."""
    monkeypatch.setattr(blocks, "FILE_BYTES", 10)
    monkeypatch.setattr(blocks, "FILES_BYTES", 25)
    monkeypatch.setattr(blocks, "FILES", 4)
    sizes = [20, 10, None, 10, 5, None, 1]
    refs = [FileRef(f"{number}.txt", id="1", size=size) for number, size in enumerate(sizes)]
    fetched = []

    def fetch(ref, room):
        fetched.append((ref.name, room))
        return bytes(ref.size or 10)

    run = run_of(*(output(f"F-{ref.name}", OutputKind.FILE, ref) for ref in refs))
    found = page(record_of(run), fetch=fetch)
    assert fetched == [("1.txt", 10), ("2.txt", 10), ("4.txt", 5)]
    assert found.values("a", "download") == ["1.txt", "2.txt", "4.txt"]
    assert found.text.count("The file itself is not in this report.") == 4


SECRET = "s3cr<et>'&\"_x_*y*"


def test_no_secret_is_in_a_report():
    """Neither one that is known, nor one that the flow stores; wherever a text stands."""
    stored = "stored_in_*the*_flow"
    entry = flows.entry("SecretStrInput", "str", stored, password=True)
    flow = Flow.from_json(flows.graph(flows.node("Chat-1", api_key=entry)))
    for secret in (SECRET, stored):
        html = report_html(everything(f"a {secret} b"), flow, secrets=[SECRET])
        found = Page(html)
        for piece in ("s3cr", "stored_in", "the</em>", "y</em>"):
            assert piece not in html + found.text
        assert found.text.count(BLOT) > 20


SECRETS = [
    *("default", "content", "strong", "figure", "number", "header", "iVBORw", "AAAAAA", "base64"),
    *(
        "123456",
        "-123456",
        "1.23456",
        "1e+100",
        "nothing-secret",
        "hunter_2*secret*",
        "<b>bold</b>",
    ),
    *(
        '"quoted"',
        "it's & so",
        "back\\slash",
        "two\nlines",
        "pä ss/w?rd=1",
        "a|b|c|d|e",
        "{{ 7*7 }}",
    ),
    *("https://example.com/key", "| --- |", "漢字漢字漢字", "\u202esecret"),
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_of_any_shape_is_nowhere_and_leaves_the_page_whole(secret):
    """In none of its texts and attributes; its elements are those of another secret."""

    number = float(secret) if secret.lstrip("-")[0].isdigit() else 1
    number = int(number) if secret.lstrip("-").isdecimal() else number
    found, plain = _with(secret, number, secrets=[secret]), _with(BLOT, BLOT if number != 1 else 1)
    # what is there all the same are words of the page's own
    assert _texts(found).count(secret) <= _texts(plain).count(secret)
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in plain.elements]
    assert found.values("img", "src") == plain.values("img", "src")
    assert found.values("a", "href") == plain.values("a", "href")
    assert found.text.count(BLOT) >= plain.text.count(BLOT)


def _with(text, number, **options):
    record = everything(f"a {text} b")
    more = {"Number-1": output("Number-1", OutputKind.DATA, {"n": number})}
    more["Numbers-1"] = output("Numbers-1", OutputKind.TABLE, [{"n": number, "deep": [number]}])
    run = replace(record.run, outputs=record.run.outputs | more)
    record = replace(record, run=run, overrides={**record.overrides, "Chat-1.number": number})
    return page(record, fetch=lambda *_: bytes(30), **options)


def _texts(found):
    """All that stands on a page, but for its images and files."""
    values = [value for _, each in found.elements for value in each.values() if value]
    return "\n".join([found.text, *(one for one in values if "base64," not in one)])


@pytest.mark.parametrize(
    "text",
    [
        *("hunter\\_2secret", "hunter&#95;2secret", "[x](https://example.com/hunter\\_2secret)"),
        *(
            "![hunter&#95;2secret](https://evil.test/)",
            '[x](https://example.com "hunter\\_2secret")',
        ),
        *(
            "![x](hunter&#95;2secret)",
            "| hunter\\_2secret |\n|---|",
        ),
    ],
)
def test_a_secret_that_markdown_puts_together_is_taken_out(text):
    """It may be written with escapes."""
    record = record_of(run_of(output("C-1", OutputKind.MESSAGE, text)))
    html = report_html(record, None, secrets=["hunter_2secret"])
    assert "2secret" not in html
    assert BLOT in html


def test_a_variable_that_the_flow_names_is_no_secret():
    """The name of a server's variable is not looked for."""
    entry = flows.entry("SecretStrInput", "str", "OPENAI_API_KEY", password=True, load_from_db=True)
    flow = Flow.from_json(flows.graph(flows.node("Chat-1", api_key=entry)))
    record = record_of(run_of(output("C-1", OutputKind.MESSAGE, "set OPENAI_API_KEY first")))
    assert "OPENAI_API_KEY" in page(record, flow).text


def test_inputs_have_the_names_of_the_form():
    """With the key beside them, which is all there is where the flow is gone."""
    flow = Flow.from_json(flows.graph(flows.node("Text-1", words=flows.text(display_name="Words"))))
    record = record_of(run_of(), overrides={"Text-1.words": "hi", "Gone-1.x": 1})
    found = page(record, flow)
    assert "Text: Words" in found.text
    assert "Text-1.words" in found.text
    assert "Gone-1.x 1" in found.text


def test_the_chat_text_is_called_what_its_form_calls_it():
    """Whatever Langflow calls it."""
    chat = flows.node("ChatInput-1", input_value=flows.text(display_name="Input Text"))
    record = record_of(run_of(), overrides={"ChatInput-1.input_value": "hi"})
    assert "ChatInput: Message" in page(record, Flow.from_json(flows.graph(chat))).text


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"inputs_kept": False}, "set up to keep no inputs"),
        ({"click": f"{ADOPTED}j"}, "was not started in the console"),
    ],
)
def test_inputs_that_are_not_known_are_not_none(more, why):
    """It is said why."""
    found = page(record_of(run_of(), **more)).text
    assert why in found
    assert "None that differ" not in found


def test_a_run_that_goes_on_is_dated():
    """It says that it is as of then, and has what there is so far."""
    going = everything("so far")
    going = replace(going, status=RunStatus.IN_PROGRESS, ended_at=None)
    assert "still goes on: this is how it stood at 2026-11-25 01:02:03 UTC" in page(going).text
    assert "None so far." in page(record_of(None, ended_at=None)).text


def test_a_run_that_could_not_be_done_says_why():
    """The console's own reason stands where errors do."""
    problem = RecordProblem("The server was away.", "Run it again.")
    record = record_of(None, status=RunStatus.OUTCOME_UNKNOWN, problem=problem)
    found = page(record)
    assert "outcome unknown" in found.text
    assert "The server was away." in found.text
    assert "Run it again." in found.text


def test_components_have_their_bars():
    """On one axis, in the order of their beginning; those that did not work have none."""
    found = page(everything("x"))
    bars = [a["style"] for tag, a in found.elements if "bar" in a.get("class", "").split()]
    assert bars == ["left:0.0%;width:50.0%", "left:75.0%;width:25.0%"]


def test_halves_of_characters_are_no_crash():
    """JSON may hold what is no Unicode."""
    assert report_html(everything("\ud800"), None).encode()


def test_the_page_is_fit_to_be_read():
    """A language, a title, headings in order, tables with heads."""
    found = page(everything("x"))
    assert found.values("html", "lang") == ["en"]
    levels = [int(tag[1]) for tag, _ in found.elements if tag[0] == "h" and tag[1:].isdecimal()]
    assert levels[0] == 1
    assert levels.count(1) == 2  # the message has one of its own
    assert all(attributes.get("alt") for tag, attributes in found.elements if tag == "img")
