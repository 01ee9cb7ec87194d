"""Links of files: what an ITSP gets by them, and that nobody gets anything without the token."""

import logging
import secrets
from urllib.parse import unquote, urlsplit

import pytest
from django.db import DatabaseError, connection

from messaging.files import links, retention, storage
from messaging.models import Attachment, Session
from tests.messaging.arrivals import arrive
from tests.messaging.files.stored_files import add_file, add_linked_file, picture

pytestmark = pytest.mark.usefixtures("file_folder")

ORIGIN = "https://sms.example.com"


@pytest.fixture
def session(channel, rule):
    arrive(channel)
    return Session.objects.get()


@pytest.fixture
def link_of():
    """The link of a file, as an address below this portal."""
    return lambda file: links.address_of("", file)


def test_the_itsp_gets_the_bytes_with_their_type_and_length_and_no_cookie(client, session, link_of):
    content = picture()
    answer = client.get(link_of(add_linked_file(session, content, "IMG_1.jpg")))

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == 'inline; filename="IMG_1.jpg"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))
    assert not answer.cookies


def test_a_large_file_comes_whole_in_blocks(client, session, link_of):
    content = secrets.token_bytes(3 * 1024 * 1024 + 7)

    answer = client.get(link_of(add_linked_file(session, content)))

    assert answer.streaming
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.getvalue() == content


@pytest.mark.parametrize(("size", "in_blocks"), [(1024 * 1024, False), (1024 * 1024 + 1, True)])
def test_up_to_a_mebibyte_is_answered_in_one_piece(client, session, link_of, size, in_blocks):
    answer = client.get(link_of(add_linked_file(session, bytes(size))))

    assert (answer.streaming, len(answer.getvalue())) == (in_blocks, size)


@pytest.mark.parametrize("size", [0, 10, 2_000_000])
def test_head_says_the_same_without_the_bytes(client, session, link_of, size):
    address = link_of(add_linked_file(session, b"x" * size))

    whole, head = client.get(address), client.head(address)

    assert (head.status_code, head.content, head.streaming) == (200, b"", False)
    assert head.headers["Content-Length"] == str(size)
    assert head.headers == whole.headers
    whole.close()


@pytest.mark.parametrize(
    "name", ["", "other.png", "a/b/c", "../../etc/passwd", "%00", "x" * 5000, "IMG_1.jpg/"]
)
def test_the_token_alone_decides_whatever_name_follows_it(client, session, name):
    file = add_linked_file(session, b"Hello", "IMG_1.jpg")

    answer = client.get(f"/files/{file.link_token}/{name}")

    assert answer.status_code == (200 if name else 404)


@pytest.mark.parametrize(
    "name",
    ["IMG 1.jpg", "50% & more?#.txt", "фото.webp", "it's (1)+[2];,=@~.pdf", "a..b", "%2e%2e", "日本.png"],
)
def test_a_link_ends_with_the_files_name_whatever_is_in_it(client, session, name):
    file = add_linked_file(session, b"Hello", name=name)

    address = links.address_of(ORIGIN, file)

    assert address.startswith(f"{ORIGIN}/files/{file.link_token}/")
    assert unquote(address.rpartition("/")[2]) == file.name
    assert address.isascii()
    assert not set(" ?#&'\"<>+;,") & set(address)
    assert client.get(urlsplit(address).path).status_code == 200


def test_tokens_are_long_and_all_different():
    tokens = {links.new_token() for _unused in range(1000)}

    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {43}


@pytest.mark.parametrize(
    "token",
    ["", "guess", "x" * 42, "x" * 44, "x" * 42 + "/", "%00" * 43, "%0a" + "x" * 42, "é" * 43, "'" * 43],
)
def test_what_is_no_token_costs_no_query_and_finds_nothing(client, session, token, django_assert_num_queries):
    add_file(session, b"Hello")  # a customer's file has no link: its token is empty

    with django_assert_num_queries(0):
        answer = client.get(f"/files/{token}/a.bin")

    assert (answer.status_code, answer.content) == (404, b"")


def test_an_unknown_token_costs_one_query_by_the_index(client, session):
    add_linked_file(session, b"Hello")
    plans = []

    def explain(execute, sql, params, many, context):
        execute(
            f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}", params, many, context
        )
        plans.append(str(context["cursor"].fetchall()))
        return execute(sql, params, many, context)

    if connection.vendor == "postgresql":  # it would read a table of one row without an index
        connection.cursor().execute("SET LOCAL enable_seqscan = off")
    with connection.execute_wrapper(explain):
        answer = client.get(f"/files/{links.new_token()}/a.bin")

    assert (answer.status_code, answer.content) == (404, b"")
    [plan] = plans
    assert "attachment_link_is_one" in plan


def test_a_customers_file_has_no_link(session):
    file = add_file(session, b"Hello")

    assert links.find(file.link_token) is None
    with pytest.raises(ValueError, match="no link"):
        links.address_of(ORIGIN, file)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused_before_anything_is_looked_up(
    client, session, link_of, method, django_assert_num_queries
):
    address = link_of(add_linked_file(session, b"Hello"))

    with django_assert_num_queries(0):
        answer = getattr(client, method)(address)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_link_answers_on_any_host_and_is_never_sent_to_https(client, session, link_of, settings):
    settings.SECURE_SSL_REDIRECT = True
    address = link_of(add_linked_file(session, b"Hello"))

    for host in ("anything.example:8443", "exa_mple.com", "[", ""):
        assert client.get(address, headers={"host": host}).status_code == 200
    assert client.get("/sign-in/", headers={"host": "localhost"}).status_code == 301


def test_a_link_works_up_to_the_instant_at_which_the_files_time_is_over(
    client, session, link_of, time_machine
):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    file = add_linked_file(session, b"Hello")
    address = link_of(file)

    time_machine.move_to("2026-03-04T11:59:59.999999Z", tick=False)
    assert (client.get(address).status_code, client.head(address).status_code) == (200, 200)
    time_machine.move_to("2026-03-04T12:00:00Z", tick=False)
    assert (client.get(address).status_code, client.head(address).status_code) == (410, 410)

    assert retention.purge() == 1
    assert client.get(address).status_code == 410
    assert client.get(address, headers={"range": "bytes=0-1"}).status_code == 410


def test_a_file_that_is_purged_at_this_instant_is_gone(client, session, link_of):
    small, large = add_linked_file(session, b"Hello"), add_linked_file(session, bytes(2_000_000))
    for file in (small, large):
        storage.drop(file.file)

        assert client.get(link_of(file)).status_code == 410


def test_a_storage_that_fails_is_asked_again_later_and_no_token_is_logged(
    client, session, link_of, file_folder, caplog
):
    caplog.set_level(logging.DEBUG)
    for content in (b"Hello", bytes(2_000_000)):
        file = add_linked_file(session, content)
        path = file_folder / file.file
        path.unlink()
        path.symlink_to(path)  # reading it ends in "too many levels of symbolic links"

        for _unused in range(10):  # none of them keeps a place
            answer = client.get(link_of(file))
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
            assert "can't be read" in answer.content.decode()

        ours = [record.getMessage() for record in caplog.records if record.name.startswith("messaging")]
        assert f"file {file.pk} could not be read: Too many levels of symbolic links" in ours
        assert file.link_token not in "".join(ours)
        path.unlink()


def test_a_database_that_does_not_answer_is_asked_again_later(client, session, link_of):
    address = link_of(add_linked_file(session, b"Hello"))

    def fail(*_unused):
        raise DatabaseError("away")

    with connection.execute_wrapper(fail):
        answer = client.get(address)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


CONTENT = bytes(range(256)) * 10_000


@pytest.mark.parametrize("content", [CONTENT[:1000], CONTENT])
@pytest.mark.parametrize(
    ("asked", "first", "end"), [("0-0", 0, 1), ("100-299", 100, 300), ("7-", 7, None), ("-10", -10, None)]
)
def test_a_part_is_answered_with_that_part(client, session, link_of, content, asked, first, end):
    address = link_of(add_linked_file(session, content))

    answer = client.get(address, headers={"range": f"bytes={asked}"})

    expected = content[first:end]
    start = first % len(content)
    assert (answer.status_code, answer.getvalue()) == (206, expected)
    assert answer.headers["Content-Length"] == str(len(expected))
    last = start + len(expected) - 1
    assert answer.headers["Content-Range"] == f"bytes {start}-{last}/{len(content)}"


def test_several_parts_at_once_and_what_is_no_part_are_answered_with_the_whole(client, session, link_of):
    address = link_of(add_linked_file(session, CONTENT[:1000]))

    for asked in ("bytes=0-1,5-6", "bytes=x", "lines=1-2"):
        answer = client.get(address, headers={"range": asked})
        assert (answer.status_code, len(answer.content)) == (200, 1000)
        assert "Content-Range" not in answer.headers


def test_a_part_that_the_file_does_not_have_is_refused_with_its_size(client, session, link_of):
    address = link_of(add_linked_file(session, CONTENT[:1000]))

    answer = client.get(address, headers={"range": "bytes=1000-"})

    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */1000"


def test_a_part_of_another_file_than_this_is_answered_with_the_whole(client, session, link_of):
    first, second = add_linked_file(session, CONTENT[:1000]), add_linked_file(session, CONTENT[:1000])
    etag = client.get(link_of(first)).headers["ETag"]

    def part_if(etag, file):
        return client.get(link_of(file), headers={"range": "bytes=0-9", "if-range": etag}).status_code

    assert part_if(etag, first) == 206
    assert part_if(etag, second) == 200
    assert part_if(f"W/{etag}", first) == 200
    assert part_if("Sun, 01 Mar 2026 12:00:00 GMT", first) == 200
    assert first.file.rpartition("/")[2] not in etag


def test_a_head_request_is_never_a_part(client, session, link_of):
    address = link_of(add_linked_file(session, CONTENT[:1000]))

    answer = client.head(address, headers={"range": "bytes=0-9"})

    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "1000")


def test_a_film_is_never_shortened_for_the_itsp(client, session, link_of):
    address = link_of(add_linked_file(session, CONTENT, "a.mp4", content_type="video/mp4"))

    answer = client.get(address, headers={"range": "bytes=0-"})

    assert (answer.status_code, len(answer.getvalue())) == (206, len(CONTENT))


def test_a_file_that_was_never_stored_is_gone(client, session, link_of):
    file = add_linked_file(session, b"Hello")
    Attachment.objects.filter(pk=file.pk).update(state="broken", file="")

    assert client.get(link_of(file)).status_code == 410
