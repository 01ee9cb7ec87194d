"""The keys: made once while trying out, demanded in production, and of the right form."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from channels_app import credentials
from channels_app.models import Channel
from config.keys import credentials_keys, secret_key


def test_a_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = secret_key("", tmp_path, may_make=True)

    assert secret_key("", tmp_path, may_make=True) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert len(first) >= 50


def test_in_production_both_keys_are_demanded(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be set"):
        secret_key("", tmp_path, may_make=False)
    with pytest.raises(ImproperlyConfigured, match="CREDENTIALS_KEY must be set"):
        credentials_keys([], tmp_path, may_make=False)


def test_a_key_of_the_wrong_form_is_refused_without_being_shown(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="number 2 is no key") as refusal:
        credentials_keys([Fernet.generate_key().decode(), "not-a-key-1234"], tmp_path, may_make=False)
    assert "not-a-key-1234" not in str(refusal.value)


def test_the_first_key_encrypts_and_all_decrypt(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIALS_KEYS = [old]
    stored = credentials.encrypt({"api_key": "a"})

    settings.CREDENTIALS_KEYS = [new, old]
    assert credentials.decrypt(stored) == {"api_key": "a"}
    newer = credentials.encrypt({"api_key": "b"})
    settings.CREDENTIALS_KEYS = [new]
    assert credentials.decrypt(newer) == {"api_key": "b"}
    with pytest.raises(credentials.CredentialsUnreadableError):
        credentials.decrypt(stored)


def test_a_channel_that_is_saved_needs_the_old_key_no_more_and_keeps_its_status(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIALS_KEYS = [old]
    channel = Channel(itsp="apidaze")
    channel.set_credentials({"api_key": "a", "api_secret": "b"})
    channel.status = Channel.Status.CONNECTED

    settings.CREDENTIALS_KEYS = [new, old]
    channel.set_credentials({})
    settings.CREDENTIALS_KEYS = [new]

    assert channel.account.credentials == {"api_key": "a", "api_secret": "b"}
    assert channel.status == Channel.Status.CONNECTED


def test_credentials_that_cannot_be_read_are_left_as_they_are(settings):
    channel = Channel(itsp="apidaze", encrypted_credentials="not ours")

    channel.set_credentials({})

    assert channel.encrypted_credentials == "not ours"
