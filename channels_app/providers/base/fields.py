"""The short fields of a webhook's body, as Trunkline keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import phonenumbers

from .json_scan import Number, Scalar
from .text import storable

UNKNOWN_SENDER = "unknown"
LONGEST_TEXT = 64 * 1024  # characters
LONGEST_NUMBER = 32
LONGEST_ID = 128

_BETWEEN_DIGITS = re.compile(r"[\s().-]+")
_DIGITS = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})")


def first_of(fields: Mapping[str, Scalar], names: Sequence[str]) -> str:
    """The first of the fields that has a value, numbers as they stand in the body, else ""."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def text_of(value: str) -> str:
    """The text of a message: `\n` as line end, at most `LONGEST_TEXT` characters."""
    return storable(value.replace("\r\n", "\n").replace("\r", "\n"), LONGEST_TEXT)


def number_of(value: str) -> str:
    """A phone number: E.164 where it can be told, else as it came ("Google", a short code), at most 32 characters."""
    plain = _whole_number(value) if isinstance(value, Number) else _BETWEEN_DIGITS.sub("", value)
    if match := _DIGITS.fullmatch(plain):
        try:
            number = phonenumbers.parse(f"+{match[1]}")
        except phonenumbers.NumberParseException:
            pass
        else:
            possible = phonenumbers.is_possible_number_with_reason(number)
            if possible == phonenumbers.ValidationResult.IS_POSSIBLE:
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return storable(value.strip(), LONGEST_NUMBER).strip()


def message_id_of(value: str) -> str:
    """The ITSP's id of a message, at most `LONGEST_ID` characters."""
    return storable(value.strip(), LONGEST_ID)


def _whole_number(value: Number) -> str:
    """`1.3057673260e10`, as some JSON writers put it, with its digits."""
    if value.isdigit():
        return value
    as_float = float(value)
    return str(int(as_float)) if as_float.is_integer() and 0 < as_float < 1e15 else value
