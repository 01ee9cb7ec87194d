"""The files of one body, as they are found: not more than anybody sends, and layout apart."""

from __future__ import annotations

from .found_file import FoundFile

MOST_FILES = 100


class FileList:
    """Collects the files of a body in `files`; of those beyond `MOST_FILES` the last entry says how many they were.

    `layout`: how the names of layout parts end; of those one stands for all.
    """

    def __init__(self, layout: tuple[str, ...] = ()) -> None:
        self.files: list[FoundFile] = []
        self._layout = layout
        self._layout_part: FoundFile | None = None
        self._count = 0

    def add(self, found: FoundFile) -> None:
        if self._layout and found.name.lower().endswith(self._layout):
            _close(found)
            if self._layout_part is None:
                self._layout_part = FoundFile(name=found.name, is_layout=True)
                self.files.append(self._layout_part)
            return
        self._count += 1
        if self._count <= MOST_FILES:
            self.files.append(found)
            return
        _close(found)
        more = self._count - MOST_FILES
        if more == 1:
            self._rest = FoundFile()
            self.files.append(self._rest)
        self._rest.problem = f"{more} more were left out: a message has at most {MOST_FILES} files."


def _close(found: FoundFile) -> None:
    if found.content is not None:
        found.content.close()
