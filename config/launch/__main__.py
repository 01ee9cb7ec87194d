"""`python -m config.launch`, which is what `make run` does."""

import os
import signal
import sys

if __name__ == "__main__":
    os.umask(0o077)  # data, logs and keys are for their owner only; the processes inherit it
    # While the rest is loading, Ctrl-C ends it without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from config.launch.run import main

    sys.exit(main())
