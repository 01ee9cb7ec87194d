"""Charts of received and sent, drawn by Unfold's script; a table beside each shows the same."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.traffic.series import Bar


@dataclass(frozen=True, slots=True)
class Chart:
    slug: str
    title: str
    bars: list[Bar]
    address: str

    @property
    def data(self) -> str:
        """The data for Unfold's script."""
        received = ("var(--tl-primary-500)", _("Received"), [bar.received for bar in self.bars])
        sent = ("var(--tl-base-400)", _("Sent"), [bar.sent for bar in self.bars])
        sets = [
            {
                "label": label,
                "data": values,
                "backgroundColor": colour,
                "grouped": True,  # otherwise one bar hides the other
                "maxBarThickness": 7,
                "borderRadius": 2,
                "maxTicksXLimit": 8,
                "displayYAxis": True,
            }
            for colour, label, values in (received, sent)
        ]
        return json.dumps({"labels": [bar.label for bar in self.bars], "datasets": sets})

    @property
    def summary(self) -> str:
        received, sent = sum(bar.received for bar in self.bars), sum(bar.sent for bar in self.bars)
        return _("%(received)d received, %(sent)d sent") % {"received": received, "sent": sent}
