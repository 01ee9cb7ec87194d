"""Keeps spreadsheets from running text in a CSV file that a customer wrote as a formula."""

from __future__ import annotations

import re

# Full-width characters too: some programs read them as the plain ones.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
# With another separator, or lines split inside quotes, a program sees a cell begin in the middle of ours.
_CELL_WITHIN = re.compile(r"([;\t\r\n]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_NUMBER = re.compile(r"\+\d{1,15}")  # a plain number is harmless


def without_formula(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would see a formula, so that it shows as text.

    Follows the OWASP page on CSV injection; a plain phone number stays as it is.
    """
    text = _CELL_WITHIN.sub(r"\1'", text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
