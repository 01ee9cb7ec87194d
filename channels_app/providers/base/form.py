"""A form-encoded body, which is short: no ITSP puts a file's content into one."""

from __future__ import annotations

from urllib.parse import parse_qsl

from .body import Body

LONGEST_FORM = 1024 * 1024  # bytes
MOST_FIELDS = 10_000


class FormError(ValueError):
    """This is no form that anybody sends. The text says why, in a sentence."""


def read_form(body: Body) -> dict[str, str]:
    """The fields of the form; of those with the same name the last one counts. Raises FormError."""
    while len(body.buffer) - body.position <= LONGEST_FORM and body.more():
        pass
    raw = body.buffer[body.position :]
    if len(raw) > LONGEST_FORM:
        raise FormError("The form is larger than 1 MB.")
    text = raw.strip(b"\r\n").decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS))
    except ValueError:
        raise FormError(f"The form has more than {MOST_FIELDS:,} fields.") from None
