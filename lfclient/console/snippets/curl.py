"""A run as a script for bash and curl, which needs nothing else."""

from __future__ import annotations

import shlex

from lfclient.api.requests import EVENT_STREAM
from lfclient.console.snippets.literals import json_parts
from lfclient.console.snippets.snippet_request import API_KEY, EnvironmentSecret, SnippetRequest

_QUOTED = r"""
# a variable as a text of JSON
quoted() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\r'/\\r}
  printf '"%s"\n' "${text//$'\t'/\\t}"
}
"""
_POLL = r"""
job=$(sed -n 's/.*"job_id": *"\([^"]*\)".*/\1/p' "$answer" | head -n 1)
doubts=0
while true; do
  sleep 0.5
  code=$(curl -sS -G "$url" --data-urlencode "job_id=$job"@KEY@ \
    -o "$answer" -w '%{http_code}')
  if [[ $code == 500 && $doubts -lt 5 ]]; then
    doubts=$((doubts + 1)) # servers say so for about a second though all is well
  elif [[ $code != 200 ]]; then
    cat "$answer" >&2
    exit 1
  elif grep -q '"object": *"response"' "$answer"; then
    break
  elif grep -q '"status": *"suspended"' "$answer"; then
    echo "The run waits for a person to decide: job $job" >&2
    exit 1
  else
    doubts=0
  fi
done
cat "$answer"
"""


def write(call: SnippetRequest) -> str:
    """The script: `bash run.sh` prints the server's answer, a streamed call its events."""
    # by a file of the shell's own: arguments of a command are seen by every user of the machine
    key = f""" -H @<(printf 'x-api-key: %s\\n' "${API_KEY}")""" if call.with_key else ""
    lines = [call.comments("#", "Save it as run.sh; then: bash run.sh"), "set -euo pipefail\n"]
    lines += [f': "${{{name}:?is not set}}"\n' for name in call.variables]
    lines.append(f"url={shlex.quote(call.endpoint)}\n")
    if call.secrets:
        lines.append(_QUOTED)
    lines.append("\n")
    send = f"curl -sS --fail-with-body \"$url\"{key} \\\n  -H 'content-type: application/json'"
    after = ""
    if call.mode == "background":
        lines.append("answer=$(mktemp)\ntrap 'rm -f \"$answer\"' EXIT\n")
        send += ' -o "$answer"'
        after = ' || { cat "$answer" >&2; exit 1; }'
    elif call.mode == "stream":
        send += f" -N -H 'accept: {EVENT_STREAM}'"
    lines.append(_send_command(call, f"{send} --data-binary @-", after))
    if call.mode == "background":
        lines.append(_POLL.replace("@KEY@", key))
    return "".join(lines)


def _send_command(call: SnippetRequest, send: str, after: str) -> str:
    """The command with the body as its input, in which the shell reads nothing."""
    parts = json_parts(call.body)
    if not call.secrets:
        return f"{send} <<'EOF'{after}\n{parts[0]}\nEOF\n"
    lines = ["{\n"]
    for part in parts:
        if isinstance(part, EnvironmentSecret):
            lines.append(f'quoted "${part}"\n')
        else:
            lines.append(f"cat <<'EOF'\n{part}\nEOF\n")
    return "".join([*lines, f"}} | {send}{after}\n"])
