"""The address of an ITSP's API, as typed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _


def clean_api_address(typed: str) -> str:
    """The address without anything that follows it by accident.

    Raises `ValidationError` for the field `base_url` if it is not a web address.
    """
    address = typed.strip().rstrip("/")
    try:
        URLValidator(schemes=["https", "http"])(address)
    except ValidationError:
        message = _("This is not a web address; write it like https://api.example.com")
        raise ValidationError({"base_url": message}) from None
    return address
