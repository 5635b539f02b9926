"""A stand-in server with one flow that returns an output of every kind."""

from __future__ import annotations

import uuid
from typing import Any

from tests.support.pictures import DRAWING, as_uri, picture
from tests.ui.support.http_stand_in import StandIn, flow

FLOW = str(uuid.UUID(int=77))

MESSAGE = f"""# Report

The area is $\\pi r^2$, and one costs $5 and two cost $9.

$$\\int_0^1 x^2\\,dx = \\frac{{1}}{{3}}$$

```python
print("hello $x$ :red[world]")
```

| city | visitors |
|---|---|
| London | 120 |

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
