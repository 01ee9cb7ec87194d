"""`python -m tests.benchmarks [--database sqlite|postgresql] [--runs 3] [ROW …]`; without rows all of them."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

from tests.benchmarks import world

Figures = dict[str, float]


def rows(home: Path, database: str) -> dict[str, Callable[[], Figures]]:
    """Every row by its name."""
    from tests.benchmarks import (
        crash_receiving,
        crash_sending,
        files,
        inbox,
        live,
        portal,
        receiving,
        sending,
    )

    named: dict[str, Callable[[], Figures]] = {}
    for rate in (1, 10, 50, 100, 120):
        for processes in (1, 2, 4):
            named[f"rate-{rate}-by-{processes}"] = lambda r=rate, p=processes: sending.rate(home, r, p)
    for rate in (1, 10, 50, 100, 120):
        for processes in (1, 2, 4):
            named[f"stops-{rate}-by-{processes}"] = lambda r=rate, p=processes: sending.rate(
                home, r, p, 12, stops=True
            )
    named["rate-1000-by-1"] = lambda: sending.rate(home, 1000, 1, 5)
    named["ten-channels"] = lambda: sending.channels(home, 10, 100, 2)
    named["200-channels"] = lambda: sending.channels(home, 200, 1, 1, 20)
    named["sending-crash"] = lambda: crash_sending.run(home)
    named["answer"] = lambda: sending.answer(home)
    named["claim"] = sending.claim
    named["webhook"] = receiving.webhook
    named["receiving-crash"] = lambda: crash_receiving.run(Path(mkdtemp(dir=home)), database, 20_000)
    named["files"] = lambda: files.inbound(home)
    named["files-out"] = lambda: files.outbound(home)
    named["live"] = lambda: live.live(home)
    named["streams"] = lambda: live.streams(home)
    named["statements"] = receiving.statements
    named["inbox"] = inbox.inbox
    named["channel-list"] = portal.channel_list
    named["portal-lists"] = portal.lists
    named["export"] = lambda: portal.export(home)
    named["many-rows"] = receiving.many_rows
    return named


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("rows", nargs="*")
    options = parser.parse_args()
    home = world.prepare(options.database)
    known = rows(home, options.database)
    if unknown := [row for row in options.rows if row not in known]:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(known)}")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.database}"
    )
    try:
        for row in options.rows or known:
            runs = [known[row]() for _unused in range(options.runs)]
            print(f"{row}: {_summary(runs)}", flush=True)
    finally:
        world.broker.kill()


def _summary(runs: list[Figures]) -> str:
    """Medians; of what must never be too many, the worst."""
    parts = []
    for name in runs[0]:
        values = [run[name] for run in runs]
        value = max(values) if name.startswith(("most", "missing")) else statistics.median(values)
        parts.append(f"{name} {value:.4g}" if value < 10_000 else f"{name} {value:,.0f}")
    return ", ".join(parts)


if __name__ == "__main__":
    main()
