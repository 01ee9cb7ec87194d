"""Searching sessions: by the customer's number, by the contact's name or company, by the words of messages.

PostgreSQL looks for words, each also as the beginning of a longer one, in all messages, along an index. On SQLite
letters are looked for in the newest messages only, and the page says so.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import connection
from django.db.models import Func, Max, OuterRef, Q, QuerySet, Subquery

from messaging.inbox.list_windows import Window, by_activity
from messaging.models import Contact, Message, Session
from messaging.models.person import Person

LONGEST = 100  # characters
MOST_WORDS = 8
NEWEST = 50_000  # messages that are looked through on SQLite
_NO_PUNCTUATION = str.maketrans(string.punctuation, " " * len(string.punctuation))
_NUMBER = re.compile(r"[+\d\s().-]+")
FEWEST_DIGITS = 3


class _WordsOf(Func):
    """The words of a text, as the index has them: ASCII punctuation only parts them, or dots would join them."""

    # To the letter as in the migration that makes the index.
    template = (
        "to_tsvector('simple'::regconfig, translate(%(expressions)s, "
        r"""'!"#$%%%%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '))"""
    )
    output_field = SearchVectorField()


@dataclass(frozen=True)
class Search:
    """What somebody looks for; `words` and `digits` of it are what is compared."""

    query: str
    words: tuple[str, ...]
    digits: str

    @classmethod
    def of(cls, typed: str) -> Search | None:
        """The search for what was typed; None for nothing at all."""
        query = " ".join(typed[:LONGEST].replace("\x00", " ").split())
        words = tuple(dict.fromkeys(query.translate(_NO_PUNCTUATION).lower().split()))[:MOST_WORDS]
        # Within a country a number often begins with a zero that it has not with the country's code.
        digits = re.sub(r"\D", "", query).lstrip("0") if _NUMBER.fullmatch(query) else ""
        return cls(query, words, digits if len(digits) >= FEWEST_DIGITS else "") if query else None

    @property
    def is_too_short(self) -> bool:
        """Whether nearly everything would be found."""
        return not self.digits and all(len(word) < 2 and word.isascii() for word in self.words)

    @property
    def looks_through_all(self) -> bool:
        """Whether all messages are looked through, and not just the newest."""
        return connection.vendor == "postgresql" or _floor() <= 0

    def window(self, person: Person, after: str) -> Window:
        """The sessions that this person may see and that match, whatever tab they stand under."""
        if self.is_too_short:
            return Window((), "")
        seen = Session.objects.visible_to(person)
        contacts = self.contacts().values("customer_number")
        about = Q(customer_number__in=contacts) if self.words else Q()
        if self.digits:
            about |= Q(customer_number__contains=self.digits)
        texts = seen.filter(pk__in=self._matching().order_by().values("session"))
        return by_activity([seen.filter(about), texts] if self.words else [seen.filter(about)], after)

    def contacts(self) -> QuerySet[Contact]:
        """The contacts whose name or company has all the words; whoever may see none has to be kept from asking."""
        return Contact.objects.filter(*(_has("name", word) | _has("company", word) for word in self.words))

    def with_found(self, sessions: QuerySet[Session]) -> QuerySet[Session]:
        """Adds `found_message`, the newest message with the words, to each session."""
        found = self._matching().filter(session=OuterRef("pk")).order_by("-pk").values("pk")
        return sessions.annotate(found_message=Subquery(found[:1]))

    def _matching(self) -> QuerySet[Message]:
        """The messages that have all the words."""
        if not self.words:
            return Message.objects.none()
        if connection.vendor == "postgresql":
            asked = " & ".join(f"'{word}':*" for word in self.words)
            query = SearchQuery(asked, config="simple", search_type="raw")
            return Message.objects.alias(words=_WordsOf("text")).filter(words=query)
        texts = (_has("text", word) for word in self.words)
        return Message.objects.filter(*texts, pk__gt=_floor())


def _has(field: str, word: str) -> Q:
    """SQLite knows capital letters of ASCII only: other words are looked for as people write them."""
    spellings = {word} if word.isascii() else {word, word.capitalize(), word.upper()}
    return reduce(or_, (Q(**{f"{field}__icontains": spelling}) for spelling in sorted(spellings)))


def _floor() -> int:
    """The id below which SQLite does not look. Ids have hardly a gap, and to count rows would take longer."""
    return (Message.objects.aggregate(last=Max("pk"))["last"] or 0) - NEWEST
