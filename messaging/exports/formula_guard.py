"""Keeps a spreadsheet from running what a customer wrote: a text of a CSV file that it would take for a formula."""

from __future__ import annotations

import re

# Full-width signs too: some programs read them as the plain ones.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
# A program that parts cells by another sign, or lines inside quotes, sees a cell begin in the middle of ours.
_CELL_WITHIN = re.compile(r"([;\t\r\n]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_NUMBER = re.compile(r"\+\d{1,15}")  # what can only be read as a number does nothing


def without_formula(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would read a formula: it then shows it as text.

    Follows the OWASP page on CSV injection; a plain phone number stays as it is.
    """
    text = _CELL_WITHIN.sub(r"\1'", text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
