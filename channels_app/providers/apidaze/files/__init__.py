"""The files that Apidaze puts into the body of a webhook request."""

from .field import FileField

__all__ = ["FileField"]
