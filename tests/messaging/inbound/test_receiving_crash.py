"""What was answered 200 is stored, whatever is killed meanwhile."""

import os

import pytest

from tests.benchmarks import crash_receiving


@pytest.mark.stack
def test_what_was_answered_200_is_there_whatever_is_killed_meanwhile(tmp_path):
    """Over 5 s: 1,500 requests to real processes, which are killed and start again meanwhile."""
    database = os.environ.get("TEST_DATABASE", "sqlite")

    outcome = crash_receiving.run(tmp_path, database, requests=1500, pause=1.0)

    assert outcome["answered 200"] == 1500
    assert outcome["most missing"] == 0
    assert outcome["refused or unanswered"] > 0, "nothing was killed while messages came in"
