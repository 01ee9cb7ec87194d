"""The headers of a list, made once per list.

Unfold makes them again for each row, to name its cells on a narrow screen, and renders a template for the box that
selects all: a third of the time of a list of fifty rows. Importing this module makes it remember them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.templatetags import unfold_list

Headers = Callable[[Any], Iterable[dict[str, Any]]]


def _once_a_list(result_headers: Headers) -> Headers:
    @wraps(result_headers)
    def headers_of(changelist: Any) -> Iterable[dict[str, Any]]:
        if not hasattr(changelist, "made_headers"):
            made = list(result_headers(changelist))
            changelist.made_headers = [{**header, "text": _words(header["text"])} for header in made]
        return changelist.made_headers  # type: ignore[no-any-return]

    return headers_of


def _words(text: Any) -> str:
    """Translated once, not once per cell, and as shown above a column."""
    return text if isinstance(text, SafeString) else capfirst(str(text))


unfold_list.result_headers = _once_a_list(unfold_list.result_headers)
