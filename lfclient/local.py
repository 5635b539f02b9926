"""`python -m lfclient.local start|stop|status|logs`: manage the local Langflow in a terminal."""

import argparse
import sys
from collections.abc import Sequence

from lfclient.console.config.settings import SettingsError, load_data_dir
from lfclient.console.local_langflow.installer import DOWNLOAD_NOTE
from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.local_langflow.state_file import LocalError, LocalState, LocalStatus


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0 on success, 1 on failure, 3 if `status` finds it not running."""
    parser = argparse.ArgumentParser(
        prog="python -m lfclient.local",
        description=(
            "Start, stop and check a Langflow on this machine, and show its log. `start` installs "
            f"it first if needed. {DOWNLOAD_NOTE}"
        ),
        epilog="Exit code: 0 on success, 1 on failure, 3 if `status` does not find it running.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("start", help="install it if needed, start it and wait until it is ready")
    commands.add_parser("stop", help="stop it; flows are kept")
    commands.add_parser("status", help="show its status; exits with 3 unless it is running")
    logs = commands.add_parser("logs", help="show the last lines of its log")
    logs.add_argument("--lines", type=_line_count, default=50, metavar="N")
    chosen = parser.parse_args(arguments)
    try:
        langflow = LocalLangflow(load_data_dir())
        if chosen.command == "logs":
            print(langflow.logs(chosen.lines))
            return 0
        actions = {"start": lambda: _start(langflow), "stop": langflow.stop}
        status = actions.get(chosen.command, langflow.status)()
    except (LocalError, SettingsError) as problem:
        print(f"{problem}\n{problem.hint}".strip(), file=sys.stderr)
        return 1
    print(_describe(status))
    return 3 if chosen.command == "status" and status.state is not LocalState.RUNNING else 0


def _line_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def _start(langflow: LocalLangflow) -> LocalStatus:
    if langflow.status().state is LocalState.ABSENT:
        print(DOWNLOAD_NOTE)
    last: int | None = None

    def show_progress(status: LocalStatus) -> None:
        nonlocal last
        twentieth = round(20 * (status.progress or 0))
        if status.step and twentieth != last:
            last = twentieth
            print(f"{status.progress or 0:4.0%}  {status.step}", flush=True)

    return langflow.start(show_progress)


def _describe(status: LocalStatus) -> str:
    lines = [f"Langflow {status.version}: {status.state.value}"]
    if status.url:
        lines.append(f"Address: {status.url} (process {status.pid})")
    lines += [line for line in (status.message, status.hint, status.log_tail) if line]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
