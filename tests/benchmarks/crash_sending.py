"""Four senders, one of them killed with -9 every three seconds, and an ITSP that loses connections."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

from tests.benchmarks import backlog, world
from tests.benchmarks.sending import Figures, arrivals, ring_until_done, simulator
from tests.support.workers import Senders, most_in_a_second


def run(home: Path, messages: int = 600, rate: int = 12, kills: int = 20, every: float = 3.0) -> Figures:
    """Sends this many messages through all the kills, then leaves the senders to finish."""
    from messaging.models import Message, TrafficCount

    with simulator() as apidaze:
        apidaze.set_faults(
            {"kind": "reset_before_taking", "probability": 0.01},
            {"kind": "reset_after_taking", "probability": 0.02},
            latency_ms=50,
        )
        backlog.empty()
        channel = backlog.make_channel(0, apidaze.base_url, rate)
        backlog.fill(channel, messages)
        senders = world.senders(home)
        try:
            senders.start(4)
            senders.forget_departures()
            killer = threading.Thread(target=_kill, args=(senders, kills, every))
            killer.start()
            ring_until_done([channel.pk], seconds=400)
            backlog_lasted = not killer.is_alive()
            killer.join()
        finally:
            senders.stop()
        requests = apidaze.received()
        taken = Counter(str(request["body"]) for request in requests if request["taken"])
        arrived = Counter(str(request["body"]) for request in requests)
        statuses = dict(Message.objects.values_list("text", "status"))
        totals = TrafficCount.objects.all().totals()
        by_status = Counter(statuses.values())
        sent = {text for text, status in statuses.items() if status == "sent"}
        departures = senders.departures()
        return {
            "most departures a second": most_in_a_second(departures),
            "most arrivals a second": most_in_a_second(arrivals(apidaze)),
            "most lost": sum(
                1 for text, status in statuses.items() if status != "unconfirmed" and not taken[text]
            ),
            "most taken twice": sum(1 for count in taken.values() if count > 1),
            "most handed over twice": sum(1 for count in arrived.values() if count > 1),
            "most said to be sent and not taken": len(sent - taken.keys()),
            "unconfirmed": by_status["unconfirmed"],
            "unconfirmed and taken": sum(1 for text in taken if statuses[text] == "unconfirmed"),
            "backlog lasted": float(backlog_lasted),
            "most off the recount": abs(totals["sent"] - by_status["sent"])
            + abs(totals["failed"] - by_status["failed"] - by_status["unconfirmed"])
            + abs(totals["unconfirmed"] - by_status["unconfirmed"]),
        }


def _kill(senders: Senders, kills: int, every: float) -> None:
    for _unused in range(kills):
        time.sleep(every)
        victim = random.choice(senders.running)
        victim.kill()
        victim.wait()
        senders.replace(victim)
