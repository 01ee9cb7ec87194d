"""The chart under the channel list: what came in and went out in the period, by hour, by day or by month."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
import time_machine
from django.conf import settings as settings_of_django
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from channels_app.models import Channel, RoutingRule
from messaging.admin import periods
from messaging.models import TrafficCount
from messaging.models.traffic import quarter_of
from messaging.traffic.series import series
from tests.inbox.browser.open_page import pages

CHANNELS = "/portal/channels_app/channel/"
UTC = dt.UTC


@pytest.fixture
def quarters(channel: Channel) -> list[dt.datetime]:
    """A message in each quarter hour of five days around a change of the clock, and one in each month before."""
    start = dt.datetime(2026, 10, 30, tzinfo=UTC)
    times = [start + dt.timedelta(minutes=15 * n) for n in range(5 * 96)]
    times += [dt.datetime(2025, month, 14, 3, 45, tzinfo=UTC) for month in range(1, 13)]
    TrafficCount.objects.bulk_create(
        TrafficCount(channel=channel, quarter_at=at, received=1, sent=2, failed=3) for at in times
    )
    return times


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    ("first", "last", "most"),
    [("2026-11-01", "2026-11-01", 25), ("2026-10-31", "2026-11-02", 73), ("2026-10-01", "2026-11-05", 36)],
)
def test_the_bars_add_up_to_the_figures(
    zone: str, first: str, last: str, most: int, quarters: list[dt.datetime], channel: Channel, settings: Any
) -> None:
    settings.TIME_ZONE = zone
    timezone.get_default_timezone.cache_clear()
    with timezone.override(zone):
        period = periods.chosen({"range": "custom", "from": first, "to": last})
        bars = series([channel.pk], period.start, period.end)
        totals = TrafficCount.objects.between(period.start, period.end).totals()
    timezone.get_default_timezone.cache_clear()
    assert sum(bar.received for bar in bars) == totals["received"] > 90
    assert sum(bar.sent for bar in bars) == totals["sent"]
    assert sum(bar.failed for bar in bars) == totals["failed"]
    assert most - 2 <= len(bars) <= most


def test_in_new_york_the_day_of_the_change_has_25_hours(
    quarters: list[dt.datetime], channel: Channel
) -> None:
    with timezone.override("America/New_York"):
        period = periods.chosen({"range": "custom", "from": "2026-11-01", "to": "2026-11-01"})
        bars = series([channel.pk], period.start, period.end)
    assert [bar.label for bar in bars][:4] == ["00:00", "01:00", "01:00", "02:00"]
    assert {bar.received for bar in bars} == {4}


@time_machine.travel(dt.datetime(2026, 11, 5, 12, 0, tzinfo=UTC), tick=False)
def test_all_is_told_by_the_month(quarters: list[dt.datetime], channel: Channel) -> None:
    bars = series([channel.pk], None, None)
    assert [bar.label for bar in bars][:2] == ["Jan 2025", "Feb 2025"]
    assert bars[-1].label == "Nov 2026"
    assert sum(bar.received for bar in bars) == len(quarters)


@time_machine.travel(dt.datetime(2026, 11, 2, 12, 0, tzinfo=UTC), tick=False)
def test_the_list_has_the_chart_of_its_channels(
    quarters: list[dt.datetime], channel: Channel, administrator_client: Client
) -> None:
    other = Channel.objects.create(name="Other", itsp="apidaze")
    TrafficCount.objects.create(
        channel=other, quarter_at=dt.datetime(2026, 11, 2, 3, tzinfo=UTC), received=500
    )
    for query, received in [({}, 548), ({"q": "Main"}, 48), ({"q": "Other", "range": "yesterday"}, None)]:
        address = administrator_client.get(CHANNELS, query).context["chart_address"]
        answer = administrator_client.get(address)
        assert answer.status_code == 200
        assert (answer.context and sum(bar.received for bar in answer.context["chart"].bars)) == received


def test_without_channels_there_is_no_chart(administrator_client: Client, db: None) -> None:
    answer = administrator_client.get(CHANNELS, {"range": "all"})
    assert (answer.status_code, answer.context.get("chart_address")) == (200, None)
    assert administrator_client.get(f"{CHANNELS}chart/").content == b""


@pytest.mark.parametrize(
    "query", ["channel=x", "channel=99999999999999999999", "channel=-1&range=%00", "range=custom"]
)
def test_nonsense_has_no_chart(query: str, quarters: list[dt.datetime], administrator_client: Client) -> None:
    answer = administrator_client.get(f"{CHANNELS}chart/?{query}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_agents_have_no_chart(make_extension: Any, channel: Channel) -> None:
    client = Client()
    client.force_login(make_extension("1001").user, backend=settings_of_django.AUTHENTICATION_BACKENDS[-1])
    assert client.get(f"{CHANNELS}chart/?channel={channel.pk}").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.browser
@pytest.mark.stack
@pytest.mark.once
def test_it_is_drawn_once_the_list_is_there(rule: RoutingRule, administrator_client: Client) -> None:
    """Over 5 s: the list loads twice in a browser, the second time with a chart that comes a second late."""
    TrafficCount.objects.create(channel=rule.channel, quarter_at=quarter_of(timezone.now()), received=500)
    with pages() as opened:
        page = opened.open(administrator_client, CHANNELS)
        page.route(
            "**/chart/*", lambda route: (time.sleep(1), route.continue_())
        )  # after the page has loaded
        page.reload()
        expect(page.get_by_role("img", name="500 received, 0 sent")).to_be_visible()
        # A canvas that nothing was drawn on has this size.
        page.wait_for_function("() => document.querySelector('canvas.chart').width !== 300")
        page.get_by_text("As a table").click()
        expect(page.locator("section table").get_by_role("cell", name="500")).to_be_visible()
