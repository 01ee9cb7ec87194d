"""Several counts in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def count_each(queries: Iterable[QuerySet[Any]], most: int) -> list[int]:
    """The number of rows of each query, where counting stops at `most`. One statement, whatever their number.

    Put together here: as subqueries of one query of Django's they took twice the time to build.
    """
    selects: list[str] = []
    parameters: list[Any] = []
    for query in queries:
        statement, values = query.order_by().values("pk")[:most].query.sql_with_params()
        selects.append(f"(SELECT COUNT(*) FROM ({statement}) AS counted)")  # noqa: S608 -- Django's own
        parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(selects)}", parameters)
        return list(cursor.fetchone())
