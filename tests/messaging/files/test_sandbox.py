"""Programs run over hostile files: what they may have, what they know, and that they end."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from messaging.files import sandbox
from tests.support.stack import PROJECT

LIMITS = sandbox.Limits(memory=200 * 1024**2, cpu_seconds=5, seconds=5, output=1000)


@pytest.fixture
def run(tmp_path):
    def run(source, content=b"", **limits):
        program = tmp_path / "program.py"
        program.write_text(source)
        with tempfile.TemporaryFile() as file:
            file.write(content)
            return sandbox.run(program, file, sandbox.Limits(**{**vars_of(LIMITS), **limits}))

    return run


def vars_of(limits):
    return {name: getattr(limits, name) for name in ("memory", "cpu_seconds", "seconds", "output")}


def test_a_program_reads_the_whole_file_and_its_output_comes_back(run):
    source = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"

    assert run(source, b"abc") == b"cba"


def test_nothing_of_this_process_reaches_the_child(run, monkeypatch, settings):
    monkeypatch.setenv("SECRET_KEY", "a-secret-of-ours")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    source = """
import json, os, resource, sys
facts = {
    "environment": dict(os.environ),
    "raw environment": open("/proc/self/environ").read(),
    "arguments": open("/proc/self/cmdline").read(),
    "open files": len(os.listdir("/proc/self/fd")) - 1,
    "folder": os.getcwd(),
    "django": "django" in sys.modules,
    "path": sys.path,
    "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
}
json.dump(facts, sys.stdout)
"""
    with open(os.devnull, "rb") as secret_file:
        os.set_inheritable(secret_file.fileno(), True)
        facts = json.loads(run(source, output=10_000))

    environment = facts["environment"]
    assert set(environment) <= {"LC_CTYPE"}  # Python's own
    assert facts["raw environment"] == ""
    assert "secret" not in facts["arguments"].lower()
    assert (facts["open files"], facts["folder"], facts["core"]) == (3, "/", 0)
    assert not facts["django"]
    assert not {str(PROJECT), str(PROJECT / "messaging"), ""} & set(facts["path"])


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.kill(os.getpid(), 11)",
        "import ctypes; ctypes.string_at(0)",
        "import sys; sys.exit(1)",
        "raise MemoryError",
        "x = bytearray(300 * 1024**2)",
        "import sys; sys.stdout.write('x' * 2000)",
        "no python",
    ],
)
def test_a_program_that_crashes_or_takes_too_much_has_died_and_nothing_else(run, source):
    with pytest.raises(sandbox.DiedError, match="ended"):
        run(source)


def test_a_program_that_never_ends_is_ended(run):
    started = time.monotonic()
    with pytest.raises(sandbox.DiedError, match="longer"):
        run("import time; time.sleep(60)", seconds=0.5)
    assert time.monotonic() - started < 3


def test_a_program_that_only_calculates_is_ended_by_its_share_of_the_processor(run):
    with pytest.raises(sandbox.DiedError, match="signal"):
        run("while True: pass", cpu_seconds=1, seconds=30)


def test_a_program_cannot_lift_its_limits(run):
    source = """
import resource
for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
    soft, hard = resource.getrlimit(limit)
    assert soft == hard != resource.RLIM_INFINITY
"""
    assert run(source) == b""


def test_a_program_whose_parent_was_killed_ends_by_itself(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import time; time.sleep(60)")
    source = (
        "import pathlib, tempfile; from messaging.files import sandbox; "
        f"limits = sandbox.Limits(**{vars_of(LIMITS) | {'seconds': 1}}); "
        f"sandbox.run(pathlib.Path({str(program)!r}), tempfile.TemporaryFile(), limits)"
    )
    parent = subprocess.Popen([sys.executable, "-c", source], cwd=PROJECT)
    wait_until(lambda: processes_of(program))
    parent.send_signal(signal.SIGKILL)
    parent.wait()

    assert processes_of(program)
    wait_until(lambda: not processes_of(program), seconds=6)


def processes_of(program):
    """The process that runs this program, found by its arguments."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as arguments, open(f"/proc/{pid}/stat") as stat:
                is_zombie = re.search(r"\) Z ", stat.read())
                if arguments.read().split("\0")[-2:-1] == [str(program)] and not is_zombie:
                    found.append(int(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
