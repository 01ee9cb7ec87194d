"""What is said about a file that is not to be had is translated when it is shown."""

from __future__ import annotations

import pytest
from django.utils.translation import trans_real

from channels_app.providers.base import file_list, found_file
from messaging.files.problems import PROVIDERS_SAY, in_words


@pytest.fixture
def translated(monkeypatch):
    """A language that has two of the sentences."""
    texts = {
        "The address answers %(number)s.": "Die Adresse antwortet mit %(number)s.",
        "The content is not base64.": "Der Inhalt ist nicht base64.",
    }
    [catalog, *_others] = trans_real.translation("en")._catalog._catalogs
    for text, translation in texts.items():
        monkeypatch.setitem(catalog, text, translation)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("The address answers 404.", "Die Adresse antwortet mit 404."),
        ("The content is not base64.", "Der Inhalt ist nicht base64."),
        ("The file is empty.", "The file is empty."),
        ("7 of them, 100 % sure", "7 of them, 100 % sure"),
        ("", ""),
    ],
)
def test_it_is_translated_with_its_number_where_there_is_a_translation(translated, stored, shown):
    assert in_words(stored) == shown


def test_every_sentence_of_the_providers_is_there_to_be_translated():
    constants = {
        found_file.EMPTY,
        found_file.CUT_SHORT,
        found_file.NOT_BASE64,
        found_file.NOT_UNDERSTOOD,
        found_file.ADDRESS_TOO_LONG,
    }
    assert constants <= set(PROVIDERS_SAY)
    assert f"at most {file_list.MOST_FILES} files" in PROVIDERS_SAY[-1]
