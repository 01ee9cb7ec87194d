"""What the clock rings for, and which tasks go to which queue."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

TASK_ROUTES = {
    "messaging.tasks.drain": {"queue": "sending"},
    # These may wait for other people's servers, or for a large file; short tasks must not wait behind them.
    "messaging.tasks.take_out_files": {"queue": "files"},
    "messaging.tasks.take_out_waiting_files": {"queue": "files"},
    "messaging.tasks.fetch_files": {"queue": "files"},
    "messaging.tasks.fetch_file": {"queue": "files"},
    "messaging.tasks.remove_files_without_a_row": {"queue": "files"},
    "messaging.tasks.make_previews": {"queue": "files"},
    "messaging.tasks.check_domains": {"queue": "files"},
}

# Seconds, or times of the hour or day.
SCHEDULE: dict[str, dict[str, Any]] = {
    "ring for waiting messages": {"task": "messaging.tasks.ring_waiting_channels", "schedule": 5},
    "settle claims of dead workers": {"task": "messaging.tasks.settle_dead_claims", "schedule": 10},
    "take out waiting files": {"task": "messaging.tasks.take_out_waiting_files", "schedule": 30},
    "fetch files": {"task": "messaging.tasks.fetch_files", "schedule": 30},
    "make previews": {"task": "messaging.tasks.make_previews", "schedule": 30},
    "purge files": {"task": "messaging.tasks.purge_files", "schedule": 120},
    "fail what waited too long": {"task": "messaging.tasks.fail_waited_too_long", "schedule": 60},
    "close idle sessions": {"task": "messaging.tasks.close_idle_sessions", "schedule": 60},
    "check credentials": {"task": "messaging.tasks.check_credentials", "schedule": 180},
    "check domains": {"task": "messaging.tasks.check_domains", "schedule": crontab(minute=7)},
    "fold traffic counts": {"task": "messaging.tasks.fold_traffic", "schedule": 300},
    "stop lost exports": {"task": "messaging.tasks.stop_lost_exports", "schedule": 300},
    "sweep the spool": {"task": "messaging.tasks.sweep_spool", "schedule": crontab(minute=37)},
    "remove files without a row": {
        "task": "messaging.tasks.remove_files_without_a_row",
        "schedule": crontab(hour=3, minute=47),
    },
    "trim the webhook log": {"task": "messaging.tasks.trim_webhook_log", "schedule": crontab(minute=17)},
}
for _entry in SCHEDULE.values():
    # Rounds that a stopped worker missed are dropped: the next one does it all.
    _entry["options"] = {"expires": 600}
