"""The ITSPs that Trunkline can talk to. `docs/adding-a-provider.md` says how to add one."""

from .apidaze import Apidaze
from .base import Provider

_ADAPTERS: tuple[Provider, ...] = (Apidaze(),)

PROVIDERS: dict[str, Provider] = {adapter.slug: adapter for adapter in _ADAPTERS}


def get_provider(slug: str) -> Provider:
    """The adapter with this slug. Raises KeyError when there is none."""
    return PROVIDERS[slug]


def itsp_choices() -> list[tuple[str, str]]:
    """(slug, label) of every registered ITSP."""
    return [(slug, provider.label) for slug, provider in PROVIDERS.items()]
