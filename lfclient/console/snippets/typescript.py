"""Write a run as TypeScript for Node 20 and later, without dependencies.

All types are inferred, so the code is also JavaScript, and versions of Node that do not strip types
can run it.
"""

from dataclasses import replace

from lfclient.console.snippets.snippet_request import (
    API_KEY,
    JAVASCRIPT,
    SHORT_LINE_LENGTH,
    EnvironmentSecret,
    LiteralStyle,
    SnippetRequest,
    json_parts,
    json_text,
    loses_precision,
)

_CHECK = "  if (!process.env[name]) throw new Error(`${name} is not set`);\n"
_SEND = """
const response = await fetch(url, { method: "POST", headers, body });
"""
_WHOLE = """const text = await response.text();
if (!response.ok) throw new Error(text);
"""
_PRINT = """for (const error of run.errors) console.error(error);
console.log(JSON.stringify(run.outputs, null, 2));
"""
_RESULT = f"{_SEND}{_WHOLE}const run = JSON.parse(text);\n{_PRINT}"
_JOB = f"""{_SEND}{_WHOLE}const job = JSON.parse(text).job_id;
let run = JSON.parse(text);
let retries = 0;
while (run.object !== "response") {{
  await new Promise((resume) => setTimeout(resume, 500));
  const status = await fetch(before + encodeURIComponent(job) + after, {{ headers }});
  const reply = await status.text();
  if (status.status === 500 && retries < 5) {{
    retries += 1; // may occur for about a second
    continue;
  }}
  if (!status.ok) throw new Error(reply);
  retries = 0;
  run = JSON.parse(reply);
  if (run.status === "suspended") throw new Error(`The run is waiting for approval: ${{job}}`);
}}
{_PRINT}"""
_EVENTS = f"""{_SEND}if (!response.ok) throw new Error(await response.text());
const outputs = new Map();
const decoder = new TextDecoder();
let rest = "";
for await (const piece of response.body ?? []) {{
  const lines = (rest + decoder.decode(piece, {{ stream: true }})).split("\\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {{
    if (!line.startsWith("data:")) continue;
    const {{ event, data }} = JSON.parse(line.slice(5));
    if (event === "token") process.stderr.write(data.chunk);
    if (event === "error") console.error(data.text ?? data.error);
    if (event === "output") outputs.set(data.component_id, data);
  }}
}}
console.log(JSON.stringify(Object.fromEntries(outputs), null, 2));
"""
_SHORT = replace(JAVASCRIPT, line_length=SHORT_LINE_LENGTH)
_BY_RESPONSE = {"job": _JOB, "result": _RESULT, "events": _EVENTS}


def write(call: SnippetRequest) -> str:
    """Return code that prints the outputs as JSON, as in the server's response."""
    names = ", ".join(f'"{name}"' for name in call.variables)
    return "".join(
        [
            call.comments(
                "//",
                "Save as run.mts, then, with Node 22.18 or later: node run.mts",
                "With Node 20 to 22.17: save as run.mjs instead.",
            ),
            f"for (const name of [{names}]) {{\n{_CHECK}}}\n" if names else "",
            f"const url = {json_text(call.endpoint)};\n",
            _status_address(call),
            f"const headers = {_headers(call)};\n",
            f"const body = {_body(call)};\n",
            _BY_RESPONSE[call.response],
        ]
    )


def write_short(call: SnippetRequest) -> str:
    """Return code that prints the outputs as in the server's response."""
    return (
        f"{call.notes('//')}"
        f"const response = await fetch({json_text(call.endpoint)}, {{\n"
        f'  method: "POST",\n'
        f"  headers: {_headers(call)},\n"
        f"  body: {_body(call, _SHORT)},\n"
        "});\n"
        "console.log((await response.json()).outputs);\n"
    )


def _headers(call: SnippetRequest) -> str:
    key = f', "x-api-key": process.env.{API_KEY} ?? ""' if call.with_key else ""
    return f'{{ "content-type": "application/json"{key} }}'


def _status_address(call: SnippetRequest) -> str:
    if call.response != "job":
        return ""
    return f"const [before, after] = {JAVASCRIPT.write(call.status_address)};\n"


def _body(call: SnippetRequest, style: LiteralStyle = JAVASCRIPT) -> str:
    if not loses_precision(call.body):
        return f"JSON.stringify({style.write(call.body)})"
    # JavaScript numbers would round large integers
    parts = [
        f'JSON.stringify(process.env.{part} ?? "")'
        if isinstance(part, EnvironmentSecret)
        else json_text(part)
        for part in json_parts(call.body)
    ]
    return " +\n  ".join(parts)
