"""A program: the launcher's supervisor with three small processes, up in no time. `tests.config.test_supervisor`.

Each says "up" and its process id, and waits; `grandchild` has a process of its own. The data folder is the argument.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config.launch.environment import LaunchError
from config.launch.output import Output
from config.launch.processes import Process
from config.launch.supervisor import AskedToEnd, Supervisor

SLEEPER = "import os, time; print('up', os.getpid(), flush=True); time.sleep(60)"
WITH_A_CHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
)


def main() -> int:
    output = Output(Path(sys.argv[1]))
    supervisor = Supervisor(output, dict(os.environ))
    codes = {"broker": SLEEPER, "web": WITH_A_CHILD + SLEEPER, "sender": SLEEPER}
    processes = [
        Process(name, (sys.executable, "-c", code), says="up", patience=3, last=name == "broker")
        for name, code in codes.items()
    ]
    try:
        supervisor.start(processes, seconds=20)
        output.show("All are up.")
        supervisor.watch()
    except AskedToEnd:
        return 0
    except LaunchError as error:
        output.show(str(error))
        return 1
    finally:
        supervisor.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
