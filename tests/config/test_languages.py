"""A page is in one language: in one that all texts are there in."""

from __future__ import annotations

import pytest
from django.urls import reverse


@pytest.mark.parametrize("wanted", ["de", "fr-CH, fr;q=0.9", "xx", "*"])
def test_a_page_does_not_mix_django_s_languages_with_ours(wanted, client, db):
    page = client.get(reverse("sign-in"), headers={"Accept-Language": wanted}).content.decode()
    assert '<html lang="en">' in page
    assert "Password</label>" in page
