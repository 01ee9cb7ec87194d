"""Starts the program that plays Apidaze as a real process, for the tests that need somebody to talk to."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]


class Simulator:
    """One simulator on a free port, with a control port that stays open while it refuses connections.

    `with Simulator() as apidaze:` starts and stops it. Stopped and started again it keeps its ports.
    """

    api_key = "demo-key"
    api_secret = "demo-secret"

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._ports = ("0", "0")
        self.base_url = ""
        self.control_url = ""

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process's id; 0 when it is not running."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it and wait until it listens; raises RuntimeError when it can't."""
        port, control_port = self._ports
        command = [sys.executable, "-m", "channels_app.simulators.apidaze"]
        command += ["--port", port, "--control-port", control_port]
        command += ["--api-key", self.api_key, "--api-secret", self.api_secret, *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        addresses = [self._process.stdout.readline().strip().rpartition(" ")[2] for _ in range(2)]
        if not all(addresses):
            self.stop()
            raise RuntimeError("The simulator did not start")
        self.base_url, self.control_url = (address.rstrip("/") for address in addresses)
        self._ports = (self.base_url.rpartition(":")[2], self.control_url.rpartition(":")[2])

    def stop(self) -> int:
        """Stop it; gives its exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            if process.stdout is not None:
                process.stdout.close()

    def control(self, method: str, path: str, data: object = None) -> Any:
        """One request to the control API; raises for an error, with the simulator's words."""
        answer = requests.request(method, f"{self.control_url}/control/{path}", json=data, timeout=60)
        if answer.status_code != 200:
            raise ValueError(f"{answer.status_code} {answer.text}")
        return answer.json()

    def set_fault(self, kind: str, **options: object) -> None:
        """Set one fault in place of all others: `set_fault("unavailable", next=3, retry_after=2)`."""
        self.set_faults({"kind": kind, **options})

    def set_faults(self, *faults: dict[str, object], **settings: object) -> None:
        """Replace all faults and settings (`latency_ms`, `details`, `download_files`, `close_idle_ms`, …)."""
        self.control("PUT", "faults", {"faults": list(faults), **settings})

    def refuse(self, seconds: float) -> None:
        """Refuse connections for so long, in place of all other faults."""
        self.set_faults(refuse_seconds=seconds)

    def received(self, resource: str = "send") -> list[dict[str, Any]]:
        """What it received, oldest first: sends, or `validates`."""
        found: list[dict[str, Any]] = []
        since, more = 0, True
        while more:
            page = self.control("GET", f"received?since={since}&limit=10000")
            found += [item for item in page["received"] if item["resource"] == resource]
            since, more = page["next"], page["more"]
        return found

    def summary(self) -> dict[str, Any]:
        """Counts, and the most sends in any rolling second."""
        summary: dict[str, Any] = self.control("GET", "summary")
        return summary

    def set_phone(self, **settings: object) -> None:
        """Set `webhook_url`, `business_numbers` or `customer_numbers`."""
        self.control("PUT", "phone", settings)

    def write(
        self, customer: str, business: str, text: str, files: dict[str, bytes] | None = None
    ) -> dict[str, Any]:
        """The customer writes to the webhook; `state` and `status` say what it answered."""
        encoded = {name: base64.b64encode(content).decode() for name, content in (files or {}).items()}
        message: dict[str, Any] = self.control(
            "POST", "phone/send", {"from": customer, "to": business, "text": text, "files": encoded}
        )
        return message

    def thread(self, customer: str) -> list[dict[str, Any]]:
        """The messages on a customer's phone, oldest first."""
        messages: list[dict[str, Any]] = self.control("GET", f"phone?customer={customer}")["messages"]
        return messages

    def files_of(self, message: dict[str, Any], timeout: float = 30) -> list[dict[str, Any]]:
        """The files of a message of `received` or `thread`, once all its downloads are through.

        Each has `state` (downloaded, failed, not_downloaded, own), `status`, `content_type`, `size`, `sha256`,
        `problem`. Raises TimeoutError after so many seconds.
        """
        ends_at = time.monotonic() + timeout
        while any(file["state"] in ("waiting", "downloading") for file in message["files"]):
            if time.monotonic() > ends_at:
                raise TimeoutError(f"Not downloaded yet: {message['files']}")
            time.sleep(0.02)
            message = self._again(message)
        files: list[dict[str, Any]] = message["files"]
        return files

    def content_of(self, file: dict[str, Any]) -> bytes:
        """The bytes of one of `files_of`; raises ValueError when they are not kept."""
        answer = requests.get(f"{self.control_url}{file['link']}", timeout=60)
        if answer.status_code != 200:
            raise ValueError(f"{answer.status_code} {answer.text}")
        return answer.content

    def _again(self, message: dict[str, Any]) -> dict[str, Any]:
        if "index" in message:
            page = self.control("GET", f"received?since={message['index']}&limit=1")
            found = [item for item in page["received"] if item["index"] == message["index"]]
        else:
            found = [item for item in self.thread(message["customer"]) if item["id"] == message["id"]]
        if not found:
            raise ValueError("The simulator has forgotten this message")
        return found[0]

    def clear(self) -> None:
        """No faults, nothing received, empty threads; the phone's settings stay."""
        self.set_faults()
        self.control("DELETE", "received")
        self.control("DELETE", "phone")
