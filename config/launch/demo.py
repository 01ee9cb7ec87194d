"""What `manage.py demo_data` leaves in the data folder: how to sign in, and the simulator's part.

`demo-sign-in.txt` is shown as it is. `demo-simulator.json` has `api_key`, `api_secret` and `phone`, an object
for the simulator's `PUT /control/phone`. They go no other way: every user may read a command line.
"""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

from config.launch.environment import LaunchError, Port

ANSWER_SECONDS = 5.0


def sign_in(folder: Path) -> str:
    """How to sign in to the demo, in lines; empty where there is none."""
    file = folder / "demo-sign-in.txt"
    return file.read_text().strip() if file.exists() else ""


def simulator_environment(folder: Path) -> dict[str, str]:
    """The demo channel's key and secret, as the simulator wants them."""
    part = _simulator_part(folder)
    names = {"api_key": "APIDAZE_SIMULATOR_KEY", "api_secret": "APIDAZE_SIMULATOR_SECRET"}
    return {variable: part[name] for name, variable in names.items() if name in part}


def set_up_phone(folder: Path, simulator: Port) -> None:
    """Tells the customer's phone which webhook and which numbers there are."""
    phone = _simulator_part(folder).get("phone")
    if phone is None:
        return
    connection = http.client.HTTPConnection(simulator.host, simulator.number, timeout=ANSWER_SECONDS)
    try:
        body, headers = json.dumps(phone), {"Content-Type": "application/json"}
        connection.request("PUT", "/control/phone", body, headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise LaunchError(f"The customer's phone could not be set up: {answer.read().decode()}")
    finally:
        connection.close()


def _simulator_part(folder: Path) -> dict[str, Any]:
    file = folder / "demo-simulator.json"
    part: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return part
