"""`python -m config.launch`, which is what `make run` does."""

import signal
import sys

if __name__ == "__main__":
    # While the rest is loading, Ctrl-C ends it without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from config.launch.run import main

    sys.exit(main())
