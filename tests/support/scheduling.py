"""Which test process runs what: a file stays together, and so do all that use the one running stack."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

STACK = {"tests/stories/test_story.py", "tests/stories/test_files_story.py", "tests/config/test_launch.py"}


class ByFile(LoadScopeScheduling):
    """Gives a free process the next file. xdist's own groups have no effect with pytest 9: it does not read them."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "the running stack" if file in STACK else file


def longest_first(items: list[pytest.Item]) -> None:
    """Brings files with real processes before the others, so that none is left alone with a long one at the end."""

    def is_short(item: pytest.Item) -> bool:
        return item.get_closest_marker("stack") is None and item.get_closest_marker("browser") is None

    long = {item.path for item in items if not is_short(item)}
    items.sort(key=lambda item: item.path not in long)
