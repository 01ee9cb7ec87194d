"""Examplecom: an ITSP that does not exist, with an adapter as `docs/adding-a-provider.md` asks for."""

from .adapter import Examplecom

__all__ = ["Examplecom"]
