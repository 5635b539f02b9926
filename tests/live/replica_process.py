"""A console process beside others, which a test kills: starts runs and follows them.

Reads one JSON object from standard input and prints the ids of the runs, one a line.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.runner.runner import Runner


def main() -> None:
    told = json.load(sys.stdin)
    database = told["database"] and SecretStr(told["database"])
    runner = Runner(Path(told["folder"]), database_url=database)
    connection = Connection("live", told["url"], SecretStr(told["key"]), "secrets")
    with LangflowClient(told["url"], told["key"]) as client:
        server = client.server()
        flows = {one["flow"]: client.flow(one["flow"]) for one in told["runs"]}
    for one in told["runs"]:
        run_id = runner.start(
            connection, flows[one["flow"]], {}, mode=one["mode"], session_id=one["session"],
            server=server, submit_token=one["session"],
        )  # fmt: skip
        print(run_id, flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
