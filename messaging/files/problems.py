"""Why a file is missing, in the reader's language."""

from __future__ import annotations

import re

from django.utils.translation import gettext, gettext_noop

# What the adapters say, which know no languages.
PROVIDERS_SAY = (
    gettext_noop("The file is empty."),
    gettext_noop("The file was cut short."),
    gettext_noop("The content is not base64."),
    gettext_noop("It came in a form that is not known."),
    gettext_noop("The file's address is too long."),
    gettext_noop("%(number)s more were left out: a message has at most 100 files."),
)


def in_words(problem: str) -> str:
    """The sentence that is stored with a file, in English and with at most one number of its own, translated."""
    number = re.search(r"\b\d+\b", problem)
    if number is None:
        return gettext(problem) if problem else ""
    sentence = f"{problem[: number.start()]}%(number)s{problem[number.end() :]}"
    translated = gettext(sentence)
    return problem if translated == sentence else translated % {"number": number[0]}
