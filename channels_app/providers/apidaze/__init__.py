"""Apidaze: texts and files by its REST API, inbound messages by its webhook."""

from .adapter import Apidaze

__all__ = ["Apidaze"]
