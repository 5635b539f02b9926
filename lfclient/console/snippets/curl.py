"""Write a run as a bash script that uses curl only."""

import shlex

from lfclient.api.requests import EVENT_STREAM
from lfclient.console.snippets.snippet_request import (
    API_KEY,
    SHORT_LINE_LENGTH,
    EnvironmentSecret,
    SnippetRequest,
    json_parts,
)

_QUOTED = r"""
# print a value as a JSON string
quoted() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\r'/\\r}
  printf '"%s"\n' "${text//$'\t'/\\t}"
}
"""
_POLL = r"""
job=$(sed -n 's/.*"job_id": *"\([^"]*\)".*/\1/p' "$response" | head -n 1)
retries=0
while true; do
  sleep 0.5
  code=$(curl -sS @STATUS@@KEY@ \
    -o "$response" -w '%{http_code}')
  if [[ $code == 500 && $retries -lt 5 ]]; then
    retries=$((retries + 1)) # may occur for about a second
  elif [[ $code != 200 ]]; then
    cat "$response" >&2
    exit 1
  elif grep -q '"object": *"response"' "$response"; then
    break
  elif grep -q '"status": *"suspended"' "$response"; then
    echo "The run is waiting for approval: job $job" >&2
    exit 1
  else
    retries=0
  fi
done
cat "$response"
"""


def write(call: SnippetRequest) -> str:
    """Return the script. It prints the server's response, or the events of a streamed run."""
    # in a file, because every user of the machine can see a command's arguments
    key = f""" -H @<(printf 'x-api-key: %s\\n' "${API_KEY}")""" if call.with_key else ""
    lines = [call.comments("Save as run.sh, then: bash run.sh"), "set -euo pipefail\n"]
    lines += [f': "${{{name}:?is not set}}"\n' for name in call.variables]
    lines.append(f"url={shlex.quote(call.endpoint)}\n")
    if call.secrets:
        lines.append(_QUOTED)
    lines.append("\n")
    send = f"curl -sS --fail-with-body \"$url\"{key} \\\n  -H 'content-type: application/json'"
    after = ""
    if call.response == "job":
        lines.append("response=$(mktemp)\ntrap 'rm -f \"$response\"' EXIT\n")
        send += ' -o "$response"'
        after = ' || { cat "$response" >&2; exit 1; }'
    elif call.response == "events":
        send += f" -N -H 'accept: {EVENT_STREAM}'"
    lines.append(_send_command(call, f"{send} --data-binary @-", after))
    if call.response == "job":
        before, after = call.status_address
        lines.append(
            _POLL.replace("@KEY@", key).replace(
                "@STATUS@", f'{shlex.quote(before)}"$job"{shlex.quote(after)}'
            )
        )
    return "".join(lines)


def write_short(call: SnippetRequest) -> str:
    """Return a command that prints the server's response."""
    lines = [f"curl {shlex.quote(call.endpoint)}"]
    if call.with_key:
        lines.append(f'-H "x-api-key: ${API_KEY}"')
    lines.append("-H 'content-type: application/json'")
    parts = (
        f"""'"'"${part}"'"'""" if isinstance(part, EnvironmentSecret) else shlex.quote(part)
        for part in json_parts(call.body, SHORT_LINE_LENGTH)
    )
    command = " \\\n  ".join([*lines, f"-d {''.join(parts)}"])
    return f"{call.notes()}{command}\n"


def _send_command(call: SnippetRequest, send: str, after: str) -> str:
    """Return the command with the body as its input, unexpanded by the shell."""
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
