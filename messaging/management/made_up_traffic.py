"""Made-up traffic: to see how the portal copes with 100,000 sessions before you have them.

None of it is ever sent. The same seed and the same set-up make the same traffic.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction
from django.utils import timezone

from channels_app.models import Extension, RoutingRule
from messaging.models import Contact, Message, PersonalState, Session, SessionEvent, TrafficCount
from messaging.models.traffic import quarter_of
from messaging.outbound.segments import measure
from messaging.refusal import RefusedError
from messaging.traffic.counting import Counts

BLOCK = 500  # sessions at the same time, so that their messages alternate
DAYS = 365
_SYLLABLES = "ba co di fu ga he ji ko lu ma ne or pa qui ra se ti um va wo xe yo zu"
_OFTEN = "the order is late thank you please my delivery when will it arrive can we help with that today"

Kind = SessionEvent.Kind


@dataclass
class _Story:
    """A session to make: who has it, when it took place, how many messages it has."""

    rule: RoutingRule
    agents: list[Extension]
    opened_at: dt.datetime
    length: int
    is_open: bool
    holder: Extension | None
    session: Session = field(init=False)
    messages: list[Message] = field(default_factory=list)


def make_up(sessions: int, messages: int, seed: int) -> Iterator[int]:
    """Stores these numbers of sessions and messages; yields the number of sessions done, now and then.

    Raises `RefusedError` if no number has a destination.
    """
    chance = random.Random(seed)  # noqa: S311
    rules = [(rule, agents) for rule in RoutingRule.objects.order_by("pk") if (agents := _agents_of(rule))]
    if not rules:
        raise RefusedError("There is no number that leads to an extension, or to a queue with agents.")
    customers = [f"+1{area}{number:07}" for number, area in _numbers(chance, max(sessions // 3, 1))]
    _name_some(chance, customers)
    stories = _stories(chance, rules, sessions, messages)
    taken: set[tuple[int, str]] = set()
    words = _words(chance)
    done = 0
    while block := list(islice(stories, BLOCK)):
        with transaction.atomic():
            _store(chance, block, customers, taken, words)
        done += len(block)
        yield done


def _agents_of(rule: RoutingRule) -> list[Extension]:
    if rule.destination_queue is not None:
        return list(rule.destination_queue.agents.order_by("pk"))
    return [rule.destination_extension] if rule.destination_extension else []


def _numbers(chance: random.Random, count: int) -> Iterator[tuple[int, int]]:
    for number in chance.sample(range(2_000_000, 10_000_000), count):
        yield number, chance.choice((212, 305, 415, 617, 702))


def _name_some(chance: random.Random, customers: list[str]) -> None:
    words = _words(chance)
    contacts = (
        Contact(
            customer_number=number,
            name=f"{chance.choice(words)} {chance.choice(words)}".title(),
            company=chance.choice(words).title() if chance.random() < 0.3 else "",
        )
        for number in customers
        if chance.random() < 0.2
    )
    Contact.objects.bulk_create(contacts, batch_size=2000, ignore_conflicts=True)


def _words(chance: random.Random) -> list[str]:
    return ["".join(chance.choices(_SYLLABLES.split(), k=chance.randint(2, 4))) for _unused in range(4000)]


def _stories(
    chance: random.Random, rules: list[tuple[RoutingRule, list[Extension]]], sessions: int, messages: int
) -> Iterator[_Story]:
    """One in ten is open, and half of these wait in a queue. Few of the closed ones were never picked up."""
    now = timezone.now()
    lengths = [1] * sessions
    for _unused in range(max(messages - sessions, 0)):
        lengths[int(chance.random() * sessions)] += 1
    ages = sorted((chance.random() ** 2 * DAYS for _unused in range(sessions)), reverse=True)
    for age, length in zip(ages, lengths, strict=True):
        rule, agents = chance.choice(rules)
        is_open = chance.random() < 0.1
        unheld = rule.destination_queue_id and chance.random() < (0.5 if is_open else 0.05)
        holder = None if unheld else chance.choice(agents)
        opened_at = now - dt.timedelta(days=age, hours=2)
        yield _Story(rule, agents, opened_at, length, is_open, holder)


def _store(
    chance: random.Random,
    block: list[_Story],
    customers: list[str],
    taken: set[tuple[int, str]],
    words: list[str],
) -> None:
    for story in block:
        story.session = _session(chance, story, customers, taken)
    Session.objects.bulk_create([story.session for story in block])
    written = list(_messages(chance, block, words))
    Message.objects.bulk_create(written, batch_size=2000)
    _count(written, {story.session.pk: story.rule.channel_id for story in block})
    for story in block:
        _finish(story)
    ends = ["last_activity_at", "waiting_since", "closed_at"]
    Session.objects.bulk_update([story.session for story in block], ends, batch_size=250)
    SessionEvent.objects.bulk_create([event for story in block for event in _events(story)], batch_size=1000)
    states = [state for story in block for state in _states(chance, story)]
    PersonalState.objects.bulk_create(states, batch_size=1000)


def _session(
    chance: random.Random, story: _Story, customers: list[str], taken: set[tuple[int, str]]
) -> Session:
    customer = chance.choice(customers)
    if story.is_open:
        while (story.rule.pk, customer) in taken:
            customer = f"+1646{chance.randint(2_000_000, 9_999_999)}"
        taken.add((story.rule.pk, customer))
    queue = story.rule.destination_queue
    return Session(
        channel_id=story.rule.channel_id,
        our_number=story.rule.number,
        customer_number=customer,
        status="open" if story.is_open else "closed",
        queue=queue,
        queue_name=queue.name if queue else "",
        holder=story.holder,
        holder_name=str(story.holder) if story.holder else "",
        opened_at=story.opened_at,
        last_activity_at=story.opened_at,
        closed_at=None if story.is_open else story.opened_at,
    )


def _messages(chance: random.Random, block: list[_Story], words: list[str]) -> Iterator[Message]:
    """The first message of each session, then the second of each, as when many people write at once."""
    for number in range(max(story.length for story in block)):
        for story in block:
            if number < story.length:
                is_ours = number > 0 and story.holder is not None and chance.random() < 0.5
                at = story.opened_at + dt.timedelta(minutes=4 * number)
                message = (
                    _outbound(chance, story, words, at) if is_ours else _inbound(chance, story, words, at)
                )
                story.messages.append(message)
                yield message


def _text(chance: random.Random, words: list[str]) -> str:
    often, seldom = (
        chance.choices(_OFTEN.split(), k=chance.randint(3, 14)),
        chance.choices(words, k=chance.randint(1, 4)),
    )
    return " ".join([*often, *seldom]).capitalize() + chance.choice(".!?")


def _inbound(chance: random.Random, story: _Story, words: list[str], at: dt.datetime) -> Message:
    return Message(
        session=story.session,
        direction=Message.Direction.INBOUND,
        status=Message.Status.RECEIVED,
        text=_text(chance, words),
        created_at=at,
    )


def _outbound(chance: random.Random, story: _Story, words: list[str], at: dt.datetime) -> Message:
    text = _text(chance, words)
    status = chance.choices(["sent", "failed", "unconfirmed"], weights=[97, 2, 1])[0]
    return Message(
        session=story.session,
        direction=Message.Direction.OUTBOUND,
        status=status,
        text=text,
        created_at=at,
        concluded_at=at,
        author=story.holder,
        author_name=str(story.holder),
        origin=Message.Origin.AGENT,
        segments=measure(text).segments,
        failure_code="refused" if status == "failed" else "",
    )


def _count(messages: list[Message], channels: dict[int, int]) -> None:
    """Counts them as if they had been received and sent."""
    counts = Counts()
    received: dict[tuple[int, dt.datetime], int] = {}
    for message in messages:
        counts.add(message, channels[message.session_id])
        if message.is_inbound:
            key = channels[message.session_id], quarter_of(message.created_at)
            received[key] = received.get(key, 0) + 1
    counts.save()
    TrafficCount.objects.bulk_create(
        TrafficCount(channel_id=channel, quarter_at=at, received=count)
        for (channel, at), count in received.items()
    )


def _finish(story: _Story) -> None:
    """Sets the session's fields to what its messages make them."""
    session, last = story.session, story.messages[-1]
    session.last_activity_at = last.created_at
    if not story.is_open:
        session.closed_at = last.created_at
    elif last.is_inbound:
        unanswered = next((m for m in reversed(story.messages) if not m.is_inbound), None)
        after = story.messages.index(unanswered) + 1 if unanswered else 0
        session.waiting_since = story.messages[after].created_at


def _events(story: _Story) -> Iterator[SessionEvent]:
    session, first, last = story.session, story.messages[0], story.messages[-1]
    yield SessionEvent(session=session, kind=Kind.STARTED, at=story.opened_at)
    by = {"actor": story.holder, "actor_name": str(story.holder)} if story.holder else {}
    if story.holder and session.queue:
        at = first.created_at
        yield SessionEvent(session=session, kind=Kind.PICKED_UP, at=at, after_message_id=first.pk, **by)
    if session.closed_at:
        kind = Kind.CLOSED if story.holder else Kind.CLOSED_AUTOMATICALLY
        yield SessionEvent(session=session, kind=kind, at=session.closed_at, after_message_id=last.pk, **by)


def _states(chance: random.Random, story: _Story) -> Iterator[PersonalState]:
    """The holder has read most sessions and archived some."""
    if story.holder and chance.random() < 0.8:
        last = story.messages[-1].pk
        away = last if chance.random() < 0.02 else None
        yield PersonalState(
            session=story.session, extension=story.holder, read_up_to=last, archived_up_to=away
        )
