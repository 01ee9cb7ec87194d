"""Workbooks of several sheets, made piece by piece."""

from __future__ import annotations

import io
import tracemalloc

import openpyxl
import pytest

from messaging.exports.spreadsheets import csv_file, xlsx_file


@pytest.mark.parametrize(
    ("rows", "sheets"), [(0, [1]), (1, [2]), (10, [11]), (11, [11, 2]), (25, [11, 11, 6])]
)
def test_rows_beyond_a_sheet_go_on_in_the_next_with_the_head(rows: int, sheets: list[int]) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(xlsx_file("Messages", ["Number"], ([n] for n in range(rows)), most=10)))
    )
    assert [sheet.max_row for sheet in book.worksheets] == sheets
    assert all(sheet["A1"].value == "Number" for sheet in book.worksheets)
    assert [cell.value for sheet in book.worksheets for (cell,) in sheet.iter_rows(min_row=2)] == list(
        range(rows)
    )


@pytest.mark.parametrize("make", [csv_file, lambda head, rows: xlsx_file("Messages", head, rows)])
def test_what_is_sent_is_forgotten(make) -> None:
    rows = ([n, f"A text that is as long as texts are, and different: {n}"] for n in range(50_000))
    pieces = make(["Number", "Text"], rows)
    next(pieces)
    tracemalloc.start()
    size = sum(map(len, pieces))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 200_000
    assert most < 2_000_000
