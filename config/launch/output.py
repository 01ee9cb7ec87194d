"""Where the lines of all processes go: to the terminal with their names in front, and to a log file."""

from __future__ import annotations

import datetime
import logging
import os
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from honcho.colour import get_colours
from honcho.printer import Message, Printer

LOG_BYTES = 10 * 1024 * 1024
LOG_FILES_KEPT = 3


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
        self._printer = Printer(sys.stdout, width=len("simulator"))
        self._colours = get_colours()
        self._colour: dict[str, str] = {}

    def line(self, name: str, text: str) -> None:
        """One line of the process of that name."""
        self.keep(name, text)
        if name not in self._colour:
            self._colour[name] = next(self._colours)
        now = datetime.datetime.now().astimezone()
        message = Message("line", text, now, name, self._colour[name])
        self._on_terminal(lambda: self._printer.write(message))

    def say(self, text: str) -> None:
        """The launcher's own words."""
        self.keep("launcher", text)
        self.show(text)

    def show(self, text: str) -> None:
        """What is for the terminal only, such as passwords."""
        self._on_terminal(lambda: print(text, flush=True))  # noqa: T201

    def keep(self, name: str, text: str) -> None:
        """Writes a line into the log file only."""
        self._log.info("%s | %s", name.ljust(self._printer.width), text)

    def _on_terminal(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError:
            # The terminal was closed, or a pipe's reader has gone: the log file goes on.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
