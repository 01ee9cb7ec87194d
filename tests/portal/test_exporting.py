"""The export of the session log: what the filters leave, in a file that any spreadsheet opens and none runs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import uuid
from typing import Any

import openpyxl
import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, RoutingRule
from messaging.admin import session_export
from messaging.exports import session_log
from messaging.management.made_up_traffic import make_up
from messaging.models import Contact, Export, Message, Session
from messaging.thread_limits import Places
from tests.conftest import CUSTOMER, NUMBER

ADDRESS = "/portal/messaging/session/export/"
EVIL = [
    "=1+1",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "\uff1d1+1",
    "=cmd|' /C calc'!A0",
    "a\x01b<&>\"'",
    "multi\nline\r\n🎉",
    "a;=1+1;",
    "a;  @SUM(A1)",
    "a\t=1+1\t",
    "a\n=1+1;",
]


@pytest.fixture
def session(channel: Channel, rule: RoutingRule) -> Session:
    """A session with a text of every dangerous kind."""
    now = dt.datetime(2026, 1, 5, 20, 30, 7, tzinfo=dt.UTC)
    session = Session.objects.create(
        channel=channel, our_number=NUMBER, customer_number=CUSTOMER, opened_at=now, last_activity_at=now
    )
    Contact.objects.create(customer_number=CUSTOMER, name="=Mary", company="@Acme")
    for text in EVIL:
        Message.objects.create(
            session=session, direction="inbound", status="received", text=text, created_at=now, has_files=True
        )
    return session


def export(client: Client, content: str, file_format: str, query: str = "") -> bytes:
    asked = {"content": content, "format": file_format, "key": uuid.uuid4()}
    answer = client.post(f"{ADDRESS}?{query}", asked)
    assert isinstance(answer, StreamingHttpResponse), answer.content.decode()[:2000]
    return b"".join(answer)  # type: ignore[arg-type]


def begun(answer: Any) -> Any:
    """The rest of an answer of which the first piece was read."""
    pieces = answer._iterator  # the test client's own, which closes the answer when it is closed
    next(pieces)
    return pieces


def csv_rows(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def xlsx_rows(body: bytes) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]]


def test_the_messages_are_a_table_with_their_columns(administrator_client: Client, session: Session) -> None:
    head, *rows = csv_rows(export(administrator_client, "messages", "csv"))
    assert head[:9] == [
        "Message", "Session", "Time (UTC)", "Direction", "Channel", "Our number", "Customer", "Contact", "Author",
    ]  # fmt: skip
    assert rows[0][1:7] == [str(session.pk), "2026-01-05 20:30:07", "Inbound", "Main", NUMBER, CUSTOMER]
    assert len(rows) == len(EVIL)


def test_no_cell_of_a_csv_file_is_a_formula(administrator_client: Client, session: Session) -> None:
    for content in ("messages", "sessions"):
        for row in csv_rows(export(administrator_client, content, "csv")):
            for cell in row:
                assert not cell.lstrip().startswith(("=", "-", "@", "\uff1d")), cell
                assert not cell.startswith("+") or cell[1:].isdigit()


def test_no_cell_is_a_formula_either_where_semicolons_or_tabs_part_them(
    administrator_client: Client, session: Session
) -> None:
    lines = export(administrator_client, "messages", "csv").decode("utf-8-sig").splitlines()
    for cell in (cell for line in lines for cell in re.split("[;\t]", line)):
        assert not cell.lstrip().startswith(("=", "-", "@", "\uff1d")), cell


@pytest.mark.parametrize("query", ["foo=bar", "holder=abc", "queue=x", "q=%00"])
def test_filters_that_make_no_sense_export_nothing(
    query: str, administrator_client: Client, session: Session
) -> None:
    for answer in (
        administrator_client.get(f"{ADDRESS}?{query}"),
        administrator_client.post(
            f"{ADDRESS}?{query}", {"content": "messages", "format": "csv", "key": uuid.uuid4()}
        ),
    ):
        assert answer.status_code == 302
    assert not Export.objects.exists()


def test_every_text_of_an_xlsx_file_is_a_text_as_it_was(
    administrator_client: Client, session: Session
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export(administrator_client, "messages", "xlsx")))
    head, *rows = book.worksheets[0]
    text = [cell.value for cell in head].index("Text")
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert [row[text].value.replace("\r\n", "\n") for row in rows] == [
        each.replace("\x01", "\ufffd").replace("\r\n", "\n") for each in EVIL
    ]
    assert rows[0][2].value == dt.datetime(2026, 1, 5, 20, 30, 7, tzinfo=dt.UTC).replace(tzinfo=None)
    assert [cell.value for cell in rows[0]][7] == "=Mary"


def test_times_are_of_the_portal_s_zone_which_the_head_names(
    administrator_client: Client, session: Session, settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Kathmandu"
    timezone.get_default_timezone.cache_clear()
    try:
        head, row, *_more = xlsx_rows(export(administrator_client, "messages", "xlsx"))
    finally:
        settings.TIME_ZONE = "UTC"
        timezone.get_default_timezone.cache_clear()
    assert head[2] == "Time (Asia/Kathmandu)"
    assert row[2] == dt.datetime(2026, 1, 6, 2, 15, 7, tzinfo=dt.UTC).replace(tzinfo=None)


def test_what_the_list_s_filters_leave_is_exported(
    administrator_client: Client, session: Session, channel: Channel
) -> None:
    now = timezone.now()
    closed = Session.objects.create(
        channel=channel, our_number=NUMBER, customer_number="+442079460018", opened_at=now, last_activity_at=now,
        status="closed", closed_at=now,
    )  # fmt: skip
    for query, expected in [
        ("", [session.pk, closed.pk]),
        ("status__exact=closed", [closed.pk]),
        ("q=3057673260", [session.pk]),
        ("status__exact=closed&q=3057673260", []),
    ]:
        _head, *rows = csv_rows(export(administrator_client, "sessions", "csv", query))
        assert [int(row[0]) for row in rows] == expected


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_many_windows_are_one_table_without_a_gap(
    file_format: str, administrator_client: Client, rule: RoutingRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_log, "WINDOW", 7)
    list(make_up(50, 300, seed=1))
    read = csv_rows if file_format == "csv" else xlsx_rows
    for content, model in (("sessions", Session), ("messages", Message)):
        _head, *rows = read(export(administrator_client, content, file_format))
        assert [int(row[0]) for row in rows] == list(
            model.objects.order_by("pk").values_list("pk", flat=True)
        )
    rows = {int(row[0]): row for row in csv_rows(export(administrator_client, "sessions", "csv"))[1:]}
    for each in Session.objects.all():
        inbound = each.messages.filter(direction="inbound").count()
        assert [int(n) for n in rows[each.pk][-2:]] == [inbound, each.messages.count() - inbound]


def test_the_portal_notes_who_exported_what_and_shows_how_far_it_is(
    administrator_client: Client, supervisor_client: Client, session: Session
) -> None:
    key = uuid.uuid4()
    answer = administrator_client.post(ADDRESS, {"content": "messages", "format": "csv", "key": key})
    progress = f"{ADDRESS}progress/?key={key}"
    assert administrator_client.get(progress).json()["state"] == "running"
    assert supervisor_client.get(progress).json() == {"state": "waiting"}
    assert administrator_client.get(f"{ADDRESS}progress/?key=x\x00").json() == {"state": "waiting"}
    b"".join(answer)  # type: ignore[arg-type]
    shown = administrator_client.get(progress).json()
    assert (shown["state"], shown["rows"], shown["expected"]) == ("done", len(EVIL), len(EVIL))
    noted = Export.objects.get()
    assert (noted.person_name, noted.content, noted.format) == ("admin", "messages", "csv")
    assert noted.ended_at is not None


def test_whoever_stops_reading_ends_the_export(administrator_client: Client, rule: RoutingRule) -> None:
    list(make_up(50, 3000, seed=1))
    answer = administrator_client.post(
        ADDRESS, {"content": "messages", "format": "xlsx", "key": uuid.uuid4()}
    )
    begun(answer).close()
    assert Export.objects.get().state == "stopped"
    assert export(administrator_client, "sessions", "csv")


def test_an_export_that_fails_says_so(
    administrator_client: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_log, "_message_row", None)
    with pytest.raises(TypeError):
        export(administrator_client, "messages", "csv")
    assert Export.objects.get().state == "failed"


def test_a_person_s_second_export_at_once_waits_for_the_first(
    administrator_client: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_export, "PLACES", Places(together=2, each=1))
    asked = {"content": "messages", "format": "csv"}
    first = begun(administrator_client.post(ADDRESS, asked | {"key": uuid.uuid4()}))
    second = administrator_client.post(ADDRESS, asked | {"key": uuid.uuid4()})
    assert second.status_code == 503
    assert "An export is already running" in second.content.decode()
    first.close()
    assert export(administrator_client, "messages", "csv")


def test_one_press_is_one_export(administrator_client: Client, session: Session) -> None:
    asked = {"content": "messages", "format": "csv", "key": uuid.uuid4()}
    begun(administrator_client.post(ADDRESS, asked)).close()
    assert administrator_client.post(ADDRESS, asked).status_code == 409
    assert Export.objects.count() == 1


def test_an_export_whose_process_died_does_not_run_for_ever(
    administrator_client: Client, session: Session
) -> None:
    pieces = begun(
        administrator_client.post(ADDRESS, {"content": "messages", "format": "csv", "key": uuid.uuid4()})
    )
    Export.objects.update(started_at=timezone.now() - dt.timedelta(hours=2))  # a long one
    session_log.stop_lost()
    assert Export.objects.get().state == Export.State.RUNNING
    Export.objects.update(noted_at=timezone.now() - dt.timedelta(minutes=11))
    session_log.stop_lost()
    assert Export.objects.get().state == Export.State.STOPPED
    for _piece in pieces:  # its reader was slow, no more
        pass
    assert Export.objects.get().state == Export.State.DONE


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"content": "secrets"},
        {"format": "pdf"},
        {"key": "x"},
        {"key": ""},
        {"content": "\x00"},
        {"format": "x" * 9000},
    ],
)
def test_garbage_is_asked_again(
    asked: dict[str, str], administrator_client: Client, session: Session
) -> None:
    whole = {"content": "messages", "format": "csv", "key": str(uuid.uuid4())} if asked else {}
    answer = administrator_client.post(ADDRESS, whole | asked)
    assert not isinstance(answer, StreamingHttpResponse)
    assert not Export.objects.exists()


def test_supervisors_export_and_agents_do_not(supervisor_client: Client, session: Session, anna: Any) -> None:
    assert export(supervisor_client, "messages", "csv")
    agent = Client(SERVER_NAME="localhost")
    agent.force_login(anna.user, "django.contrib.auth.backends.ModelBackend")
    asked = {"content": "messages", "format": "csv", "key": uuid.uuid4()}
    assert agent.get(ADDRESS).status_code == agent.post(ADDRESS, asked).status_code == 403
    assert Client(SERVER_NAME="localhost").post(ADDRESS, asked).status_code == 302
    assert Export.objects.count() == 1
