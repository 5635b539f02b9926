"""A console process beside others, which a test kills: starts and follows runs.

Reads one JSON object from standard input and prints the runs' ids, one a line.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.permissions import Permissions
from lfclient.console.runner.runner import Runner


def main() -> None:
    job = json.load(sys.stdin)
    database = job["database"] and SecretStr(job["database"])
    runner = Runner(Path(job["folder"]), database_url=database)
    connection = Connection("live", job["url"], SecretStr(job["key"]), "secrets")
    with LangflowClient(job["url"], job["key"]) as client:
        server = client.server.info()
        flows = {one["flow"]: client.flow(one["flow"]) for one in job["runs"]}
    for one in job["runs"]:
        [run_id] = runner.start(
            connection, flows[one["flow"]], [one.get("overrides", {})], mode=one["mode"],
            session_ids=[one["session"]], server=server, submit_token=one["session"],
            permissions=Permissions(other_servers=True, install=True),
        )  # fmt: skip
        print(run_id, flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
