"""Fixtures of the tests of what flows: where files are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The folder of the file storage, and beside it the spool, of this test only."""
    settings.SPOOL_FOLDER = tmp_path / "spool"
    settings.STORAGES = {
        **settings.STORAGES,
        "files": {
            "BACKEND": "messaging.file_storage.SyncedFolder",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }
    return tmp_path / "files"
