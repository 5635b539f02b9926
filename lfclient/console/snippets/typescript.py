"""A run as TypeScript for Node 20 and later, with nothing to install.

All types are inferred, so the same text is JavaScript, and a Node that strips no types runs it.
"""

from __future__ import annotations

from lfclient.console.snippets.literals import JAVASCRIPT, json_parts, json_text, loses_precision
from lfclient.console.snippets.snippet_request import API_KEY, EnvironmentSecret, SnippetRequest

_CHECK = "  if (!process.env[name]) throw new Error(`${name} is not set`);\n"
_SEND = """
const answer = await fetch(url, { method: "POST", headers, body });
"""
_WHOLE = """const text = await answer.text();
if (!answer.ok) throw new Error(text);
"""
_PRINT = """for (const error of run.errors) console.error(error);
console.log(JSON.stringify(run.outputs, null, 2));
"""
_SYNC = f"{_SEND}{_WHOLE}const run = JSON.parse(text);\n{_PRINT}"
_BACKGROUND = f"""{_SEND}{_WHOLE}const job = JSON.parse(text).job_id;
let run = JSON.parse(text);
let doubts = 0;
while (run.object !== "response") {{
  await new Promise((resume) => setTimeout(resume, 500));
  const status = await fetch(`${{url}}?job_id=${{encodeURIComponent(job)}}`, {{ headers }});
  const told = await status.text();
  if (status.status === 500 && doubts < 5) {{
    doubts += 1; // servers say so for about a second though all is well
    continue;
  }}
  if (!status.ok) throw new Error(told);
  doubts = 0;
  run = JSON.parse(told);
  if (run.status === "suspended") throw new Error(`The run waits for a person to decide: ${{job}}`);
}}
{_PRINT}"""
_STREAM = f"""{_SEND}if (!answer.ok) throw new Error(await answer.text());
const outputs = new Map();
const decoder = new TextDecoder();
let rest = "";
for await (const piece of answer.body ?? []) {{
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
_BY_MODE = {"sync": _SYNC, "background": _BACKGROUND, "stream": _STREAM}


def write(call: SnippetRequest) -> str:
    """It prints the outputs as JSON, as the server's answer has them."""
    key = f', "x-api-key": process.env.{API_KEY} ?? ""' if call.with_key else ""
    names = ", ".join(f'"{name}"' for name in call.variables)
    return "".join(
        [
            call.comments(
                "//",
                "Save it as run.mts; then, with Node 22.18 or later: node run.mts",
                "With Node 20 to 22.17, which strip no types and need not: rename it to run.mjs.",
            ),
            f"for (const name of [{names}]) {{\n{_CHECK}}}\n" if names else "",
            f"const url = {json_text(call.endpoint)};\n",
            f'const headers = {{ "content-type": "application/json"{key} }};\n',
            f"const body = {_body(call)};\n",
            _BY_MODE[call.mode],
        ]
    )


def _body(call: SnippetRequest) -> str:
    if not loses_precision(call.body):
        return f"JSON.stringify({JAVASCRIPT.write(call.body)})"
    # its own numbers would not hold the large ones
    parts = [
        f'JSON.stringify(process.env.{part} ?? "")'
        if isinstance(part, EnvironmentSecret)
        else json_text(part)
        for part in json_parts(call.body)
    ]
    return " +\n  ".join(parts)
