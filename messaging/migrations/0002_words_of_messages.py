"""The index over the words of messages, on PostgreSQL: `messaging/inbox/search.py` reads it, with the same expression."""

from django.db import migrations

MAKE = r"""
CREATE INDEX message_words ON messaging_message USING gin (
    to_tsvector('simple'::regconfig, translate(text, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '))
)
"""


def make_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(MAKE, params=None)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX message_words", params=None)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [migrations.RunPython(make_index, drop_index)]
