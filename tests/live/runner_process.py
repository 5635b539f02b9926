"""A console process that a test kills: starts a run in each mode and waits for its end.

Reads one JSON object from standard input and prints the runs' ids, one a line.
"""

import json
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.runner.runner import Runner


def main() -> None:
    job = json.load(sys.stdin)
    runner = Runner(Path(job["folder"]))
    connection = Connection("live", job["url"], SecretStr(job["key"]), "secrets")
    with LangflowClient(job["url"], job["key"]) as client:
        server, flow = client.server(), client.flow(job["flow"])
    for mode in ("background", "sync"):
        run_id = runner.start(
            connection, flow, {}, mode=mode, session_id=None, server=server, submit_token=mode
        )
        print(run_id, flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
