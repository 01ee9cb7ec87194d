"""Phone numbers and sender IDs: one normal form for each, and what it tells."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# 3 to 11 characters with at least one letter: what GSM networks can show as a sender.
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{3,11}")


# phonenumbers would also find a number among other words.
_WRITTEN_NUMBER = re.compile(r"[+0-9\s().\u2010-\u2015/-]+")


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    # Not is_possible_number, which accepts a number without its area code.
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE


def normalise_number(typed: str) -> str:
    """The E.164 form (`+14102161183`) of a number typed with its country code.

    Spaces, hyphens, brackets and a leading 00 are understood. Raises `ValidationError` with an example.
    """
    compact = typed.strip()
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    try:
        number = phonenumbers.parse(compact, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not _WRITTEN_NUMBER.fullmatch(compact) or not _is_possible(number):
        raise ValidationError(
            _("%(typed)s is not a phone number in international format, for example +14102161183"),
            code="not_a_number",
            params={"typed": f"“{typed.strip()[:40]}”"},
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise_sender(typed: str) -> str:
    """A routing rule's number in its normal form: E.164, or an alphanumeric sender ID as typed.

    Raises `ValidationError`.
    """
    if not re.search(r"[A-Za-z]", typed):
        return normalise_number(typed)
    sender = " ".join(typed.split())
    if not _SENDER_ID.fullmatch(sender):
        raise ValidationError(
            _(
                "%(typed)s is not a sender ID: 3 to 11 of A-Z, a-z, 0-9 and space, with at least one letter, "
                "for example ACME Shop. A phone number has no letters, for example +14102161183"
            ),
            code="not_a_sender",
            params={"typed": f"“{typed.strip()[:40]}”"},
        )
    return sender


def is_phone_number(number: str) -> bool:
    """Whether a stored number can be written to, and is not a short code or a name."""
    return re.fullmatch(r"\+\d{7,15}", number) is not None


def is_us_number(number: str) -> bool:
    """Whether a stored number belongs to the United States, where the 10DLC rules apply.

    A number of the North American plan without a known country counts as one: better one warning too many.
    """
    if not number.startswith("+1") or not is_phone_number(number):
        return False
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    return region in {"US", None}


@lru_cache(maxsize=10_000)  # a list shows a hundred of them, again and again
def pretty_number(number: str) -> str:
    """A stored number as people read it: `+1 410-216-1183`. What is no phone number stays as it is."""
    if not is_phone_number(number):
        return number
    parsed = phonenumbers.parse(number, None)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
