"""Rows as a CSV or an XLSX file, streamed: sent pieces are forgotten, so any number of rows fits.

An XLSX file is a ZIP archive of XML documents (ECMA-376). Libraries that write one keep it, or its rows, to the end.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from xml.sax.saxutils import escape

from messaging.exports.formula_guard import without_formula

Cell = str | int | dt.datetime | None  # times without a zone, written as they are
Row = Sequence[Cell]

ROWS_OF_A_SHEET = 1_000_000  # a sheet has at most 1,048,576
AT_ONCE = 500  # rows of a piece
LONGEST = 32_767  # characters of a cell
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # not allowed in XML
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 -- the day 0 of spreadsheets, which know no zones

_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Cell formats: 0 is plain, 1 a time, 2 the bold head.
_STYLES = f"""{_HEAD}<styleSheet xmlns="{_NAMESPACE}">
<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>
<fonts count="2"><font/><font><b/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="3"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""


def csv_file(head: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Comma-separated UTF-8 with a byte order mark, which spreadsheets need; formulas become text."""
    yield b"\xef\xbb\xbf"
    for piece in _pieces(chain([head], rows)):
        written = io.StringIO(newline="")
        csv.writer(written).writerows([_csv_cell(cell) for cell in row] for row in piece)
        yield written.getvalue().encode("utf-8", "replace")


def _csv_cell(cell: Cell) -> str | int:
    if isinstance(cell, int):
        return cell
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ", "seconds")
    return without_formula((cell or "").replace("\x00", ""))


def xlsx_file(
    name: str, head: Sequence[str], rows: Iterable[Row], most: int = ROWS_OF_A_SHEET
) -> Iterator[bytes]:
    """A workbook with as many sheets as the rows need, each with the header. Texts are never formulas."""
    outlet = _Outlet()
    left = iter(rows)
    sheets = 0
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        first = next(left, None)
        while first is not None or sheets == 0:
            sheets += 1
            these = chain([] if first is None else [first], islice(left, most - 1))
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=False) as sheet:
                for document in _sheet(head, these):
                    sheet.write(document.encode())
                    yield outlet.take()
            first = next(left, None)
        for path, document in _around(name, sheets):
            archive.writestr(path, document)
    yield outlet.take()


class _Outlet(io.RawIOBase):
    """Collects what is written until it is taken; it can't seek, so the archive never tries to."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._written += piece
        return len(piece)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _sheet(head: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    widths = "".join(
        f'<col min="{n}" max="{n}" width="20" customWidth="1"/>' for n in range(1, len(head) + 1)
    )
    yield (
        f'{_HEAD}<worksheet xmlns="{_NAMESPACE}"><sheetViews><sheetView workbookViewId="0">{frozen}</sheetView>'
        f"</sheetViews><cols>{widths}</cols><sheetData>"
    )
    bold = "".join(_xml_text(cell, ' s="2"') for cell in head)
    yield f"<row>{bold}</row>"
    for piece in _pieces(rows):
        yield "".join(f"<row>{''.join(map(_xml_cell, row))}</row>" for row in piece)
    yield "</sheetData></worksheet>"


def _xml_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, dt.datetime):
        return f'<c s="1"><v>{(cell - _EPOCH).total_seconds() / 86_400:.8f}</v></c>'
    return f"<c><v>{cell}</v></c>" if isinstance(cell, int) else _xml_text(cell)


def _xml_text(text: str, style: str = "") -> str:
    fit = escape(_UNFIT.sub("\ufffd", text)[:LONGEST])
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{fit}</t></is></c>'


def _around(name: str, sheets: int) -> Iterator[tuple[str, str]]:
    """The documents that turn an archive of sheets into a workbook."""
    numbers = range(1, sheets + 1)
    title = escape(name[:25])
    titles = "".join(
        f'<sheet name="{title} {n}" sheetId="{n}" r:id="rId{n}"/>'
        if sheets > 1
        else f'<sheet name="{title}" sheetId="1" r:id="rId1"/>'
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_NAMESPACE}" xmlns:r="{_RELATIONS}"><sheets>{titles}</sheets></workbook>',
    )
    parts = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    start = f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    yield "xl/_rels/workbook.xml.rels", f"{start}{parts}{styles}</Relationships>"
    yield "xl/styles.xml", _STYLES
    whole = f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    yield "_rels/.rels", f"{start}{whole}</Relationships>"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{overrides}</Types>',
    )


def _pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while piece := list(islice(left, AT_ONCE)):
        yield piece
