"""What the launcher shows on a terminal, and in a pipe."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from config.launch.output import Output

pytestmark = pytest.mark.once
LINE = r"\d\d:\d\d:\d\d web       \| "


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_on_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two lines of one process and one of another, as a terminal gets them."""
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    output = Output(folder)
    output.line("web", "ready")
    output.line("web", "steady")
    output.line("sender", "ready")
    return terminal.getvalue().splitlines()


def test_on_a_terminal_each_process_has_a_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    first, second, other = shown_on_a_terminal(tmp_path, monkeypatch)
    assert re.fullmatch(rf"\x1b\[36m{LINE}\x1b\[0mready", first)
    assert re.fullmatch(rf"\x1b\[36m{LINE}\x1b\[0msteady", second)
    assert other.startswith("\x1b[33m")


def test_no_color_turns_colours_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in "".join(shown_on_a_terminal(tmp_path, monkeypatch))


def test_a_pipe_gets_no_colours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Output(tmp_path).line("web", "one\rtwo\r")
    assert re.fullmatch(rf"{LINE}one\n{LINE}two\n", capsys.readouterr().out)
