"""`python -m lfclient.local start|stop|status|logs`: manage the local Langflow in a terminal."""

import sys

from lfclient.console.local_langflow.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
