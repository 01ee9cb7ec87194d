"""What the launcher refuses before anything starts."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from config.launch.environment import LaunchError, Port, read_environment
from config.launch.ports import check_ports
from tests.support.stack import free_ports


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A program that listens with port sharing, as the web server does."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock


def test_a_taken_port_is_named_with_its_purpose_and_its_setting(listener: socket.socket) -> None:
    number = listener.getsockname()[1]
    with pytest.raises(LaunchError) as refused:
        check_ports([Port(number, "PORT", "the portal and the inbox")])
    assert str(refused.value) == (
        f"Port {number} (the portal and the inbox) is already in use: "
        "stop whatever uses it, or set PORT to another port."
    )


def test_a_port_taken_on_this_address_is_found_where_all_addresses_are_asked_for(
    listener: socket.socket,
) -> None:
    with pytest.raises(LaunchError, match="already in use"):
        check_ports([Port(listener.getsockname()[1], "PORT", "the portal", "0.0.0.0")])  # noqa: S104


def test_a_free_port_passes_although_connections_of_an_earlier_run_are_still_closing() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        number = server.getsockname()[1]
        client.connect(("127.0.0.1", number))
        accepted, _ = server.accept()
        accepted.close()  # this side closes first, so its end of the connection lingers
    check_ports([Port(number, "PORT", "the portal")])


def test_two_settings_with_one_port_are_named() -> None:
    (number,) = free_ports(1)
    with pytest.raises(LaunchError, match=f"PORT and BROKER_PORT are both {number}"):
        check_ports([Port(number, "PORT", "the portal"), Port(number, "BROKER_PORT", "the broker")])


def test_an_address_that_is_not_this_machines_is_refused() -> None:
    (number,) = free_ports(1)
    with pytest.raises(LaunchError, match="Check HOST and PORT"):
        check_ports([Port(number, "PORT", "the portal", "192.0.2.1")])


@pytest.mark.parametrize("value", ["0", "65536", "-1", "8000.5", "http", "\uff18\uff10\uff10\uff10"])
def test_a_port_that_can_not_be_one_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(LaunchError, match=r"PORT is .*, but must be a whole number from 1 to 65535"):
        read_environment()


def test_no_simulator_is_started_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "0")
    assert "SIMULATOR_PORT" not in [port.setting for port in read_environment().ports]


def test_no_broker_is_started_beside_a_redis_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://redis.example:6379/0")
    assert "BROKER_PORT" not in [port.setting for port in read_environment().ports]
