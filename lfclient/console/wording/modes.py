"""Help texts of the run modes."""

from lfclient.wire.modes import Mode

MODE_HELP = {
    Mode.BACKGROUND: "Keeps running if you close the page. Very long results may be truncated.",
    Mode.SYNC: (
        "Returns complete results. Stop only stops waiting; the run continues on the server."
    ),
    Mode.STREAM: "Shows progress as it happens. The run ends if its connection is lost.",
}
