"""Where the lines of all processes go: to the terminal with their names in front, and to a log file."""

from __future__ import annotations

import itertools
import logging
import os
import sys
import time
from collections import defaultdict
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_BYTES = 10 * 1024 * 1024
LOG_FILES_KEPT = 3

NAME_WIDTH = len("simulator")
CYAN, YELLOW, GREEN, MAGENTA, RED, BLUE = 36, 33, 32, 35, 31, 34  # ANSI escape codes (ECMA-48, SGR)


class Output:
    """Shows lines on the terminal and keeps them in `logs/trunkline.log` of the data folder."""

    def __init__(self, folder: Path) -> None:
        self.log_file = folder / "logs" / "trunkline.log"
        self.log_file.parent.mkdir(exist_ok=True)
        handler = RotatingFileHandler(self.log_file, maxBytes=LOG_BYTES, backupCount=LOG_FILES_KEPT)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self._log = logging.getLogger("trunkline.launch")
        self._log.addHandler(handler)
        self._log.setLevel(logging.INFO)
        self._log.propagate = False
        colours = itertools.cycle((CYAN, YELLOW, GREEN, MAGENTA, RED, BLUE))
        self._colours: defaultdict[str, int] = defaultdict(lambda: next(colours))
        # https://no-color.org: any value but an empty one turns colours off.
        self._is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def line(self, name: str, text: str) -> None:
        """One line of the process of that name."""
        self.keep(name, text)
        before = f"{time.strftime('%H:%M:%S')} {name.ljust(NAME_WIDTH)} | "
        if self._is_coloured:
            before = f"\033[{self._colours[name]}m{before}\033[0m"
        for each in text.splitlines():
            self.show(before + each)

    def say(self, text: str) -> None:
        """The launcher's own words."""
        self.keep("launcher", text)
        self.show(text)

    def show(self, text: str) -> None:
        """Writes on the terminal only: passwords, say."""
        try:
            print(text, flush=True)  # noqa: T201
        except OSError:
            # The terminal was closed, or a pipe's reader has gone: the log file goes on.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def keep(self, name: str, text: str) -> None:
        """Writes a line into the log file only."""
        self._log.info("%s | %s", name.ljust(NAME_WIDTH), text)
