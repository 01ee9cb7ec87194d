"""Streams of hints: one broker connection per process, passed on to each stream by its topics."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from messaging.broker.hints import BROKER_CHANNEL, REST_AFTER_ERROR

logger = logging.getLogger(__name__)

MOST_IDS = 100  # a reader this far behind is told to reload everything
RECONNECT_AFTER = 1.0  # seconds
SILENCE = 15  # seconds after which the broker is pinged
# A publisher rests for 5 s after an error, and drops the hints of that time.
CATCH_UP_AGAIN_AFTER = REST_AFTER_ERROR + 1


class Stream:
    """What one reader has not been told yet. It never grows: a slow reader's hints are merged."""

    def __init__(self) -> None:
        self.topics: frozenset[str] = frozenset()
        self.session_ids: set[int] = set()
        self.catches_up = True  # what happened before it was opened is unknown
        self.is_deaf = False  # the broker is away: the reader has to poll
        self.news = asyncio.Event()
        self.news.set()

    def add(self, session_id: int) -> None:
        self.session_ids.add(session_id)
        if len(self.session_ids) > MOST_IDS:
            self.catch_up()
        self.news.set()

    def catch_up(self) -> None:
        self.session_ids.clear()
        self.catches_up = True
        self.is_deaf = False
        self.news.set()

    def go_deaf(self) -> None:
        self.is_deaf = True
        self.news.set()

    def take(self) -> bytes:
        """What there is to send now, as server-sent events."""
        self.news.clear()
        parts = [b"event: catch-up\ndata:\n\n"] if self.catches_up else []
        if self.is_deaf:
            parts.append(b"event: deaf\ndata:\n\n")
        if self.session_ids:
            parts.append(f"event: hint\ndata: {json.dumps(sorted(self.session_ids))}\n\n".encode())
        self.catches_up = self.is_deaf = False
        self.session_ids.clear()
        return b"".join(parts)


class Switchboard:
    """All streams of this process by topic."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._by_topic: defaultdict[str, set[Stream]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._hears = False

    def join(self, stream: Stream, topics: Iterable[str]) -> None:
        """Gives a stream these topics in place of its earlier ones."""
        self._streams.add(stream)
        fresh = frozenset(topics)
        for topic in stream.topics - fresh:
            self._drop(topic, stream)
        for topic in fresh - stream.topics:
            self._by_topic[topic].add(stream)
        if stream.topics and stream.topics != fresh:
            stream.catch_up()
        stream.topics = fresh
        if not self._hears:
            stream.go_deaf()
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())

    def leave(self, stream: Stream) -> None:
        self._streams.discard(stream)
        for topic in stream.topics:
            self._drop(topic, stream)

    def _drop(self, topic: str, stream: Stream) -> None:
        self._by_topic[topic].discard(stream)
        if not self._by_topic[topic]:
            del self._by_topic[topic]

    async def _listen(self) -> None:
        """Passes on what the broker says, for ever; after it was away, streams catch up."""
        while True:
            try:
                async with (
                    Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5) as broker,
                    broker.pubsub() as subscription,
                ):
                    await subscription.subscribe(BROKER_CHANNEL)
                    await self._hear(subscription)
            except (RedisError, OSError, ValueError) as error:
                logger.warning("the broker does not answer (%s); tried again", type(error).__name__)
            self._hears = False
            for stream in self._streams:
                stream.go_deaf()
            await asyncio.sleep(RECONNECT_AFTER)

    async def _hear(self, subscription: PubSub) -> None:
        """Listens until the broker is away. Raises `OSError` if it doesn't answer a ping either."""
        is_asked = False
        while True:
            message = await subscription.get_message(timeout=SILENCE)
            if message is None:
                if is_asked:
                    raise TimeoutError
                await subscription.ping()
            elif message["type"] == "subscribe":
                self._hears = True
                self._catch_up()
                asyncio.get_running_loop().call_later(CATCH_UP_AGAIN_AFTER, self._catch_up)
            elif message["type"] == "message":
                self._pass_on(json.loads(message["data"]))
            is_asked = message is None

    def _catch_up(self) -> None:
        if self._hears:
            for stream in self._streams:
                stream.catch_up()

    def _pass_on(self, hints: list[tuple[int, list[str]]]) -> None:
        for session_id, topics in hints:
            for topic in topics:
                for stream in self._by_topic.get(topic, ()):
                    stream.add(session_id)
