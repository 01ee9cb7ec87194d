"""What a file is and what it is called: its type from the content, its name without anything harmful."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from typing import BinaryIO

import puremagic

HEAD = 8192  # bytes that tell the type
LONGEST_NAME = 100
LONGEST_READ = 1000  # characters of a name as it came
UNKNOWN = "application/octet-stream"

# The library guesses from a few bytes, and many formats begin alike; these are certain.
_SURE = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
)
_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
# What a browser may run, by its type or by its name: a script's content looks like any text.
_RUN_TYPES = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "text/xml"})
_RUN_TYPES_ENDING = ("+xml", "/xml", "javascript", "ecmascript")
_RUN_EXTENSIONS = frozenset(
    (
        *(".htm", ".html", ".xht", ".xhtml", ".shtm", ".shtml", ".mht", ".mhtml"),
        *(".svg", ".svgz", ".xml", ".xsl", ".xslt", ".xsd", ".rdf", ".xul"),
        *(".js", ".jse", ".mjs", ".cjs", ".wasm", ".wsf", ".wsh", ".swf", ".hta", ".htc", ".vbs"),
    )
)
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}$")


def type_of(file: BinaryIO) -> str:
    """The content type by the first bytes; leaves the file at its start."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    for start, content_type in _SURE:
        if head.startswith(start):
            return content_type
    if head.startswith(b"RIFF") and (content_type := _RIFF.get(head[8:12], "")):
        return content_type
    if _MARKUP.search(head[:1024]):  # whatever it claims to be, a browser might run it
        return "image/svg+xml" if b"<svg" in head[:1024].lower() else "text/html"
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    for match in found:
        if match.mime_type and match.confidence >= 0.4:
            return str(match.mime_type)
    return "text/plain" if _is_text(head) else UNKNOWN


def type_name(name: str, content_type: str) -> str:
    """The type as people call it: PDF, JPEG, DOCX; "" if unknown."""
    kind, _slash, subtype = content_type.partition("/")
    if kind in ("image", "audio", "video") or subtype == "pdf":
        return subtype.removeprefix("x-").partition("+")[0].upper()
    return found[0][1:].upper() if (found := _EXTENSION.search(name)) else ""


def runs_in_a_browser(name: str, content_type: str) -> bool:
    """Whether a browser might run code in a file: HTML, SVG, XML, scripts."""
    extension = found[0].lower() if (found := _EXTENSION.search(name.rstrip(". "))) else ""
    return (
        extension in _RUN_EXTENSIONS or content_type in _RUN_TYPES or content_type.endswith(_RUN_TYPES_ENDING)
    )


def clean_name(name: str, content_type: str) -> str:
    """A name to show and download: no path, no control or direction characters, at most 100 characters."""
    # Cut first: to normalise thousands of combining marks takes seconds.
    name = unicodedata.normalize("NFC", name[-LONGEST_READ:]).replace("\\", "/").rpartition("/")[2]
    name = "".join(
        " " if c.isspace() else c for c in name if unicodedata.category(c) not in _HIDDEN or c.isspace()
    )
    name = re.sub(r'[<>:"|?*]', "_", " ".join(name.split())).strip(". ")
    extension = found[0] if (found := _EXTENSION.search(name)) else ""
    if not extension:
        extension = mimetypes.guess_extension(content_type) or ""
    stem = name[: -len(extension)] if extension and name.endswith(extension) else name
    return f"{stem[: LONGEST_NAME - len(extension)].rstrip() or 'file'}{extension}"


_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start > len(head) - 4
    return bool(head)
