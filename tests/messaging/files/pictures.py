"""Pictures as phones send them, and as attackers make them."""

from __future__ import annotations

import io
import os
import zlib
from typing import Any

from PIL import Image

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(
    mode: str = "RGB",
    size: tuple[int, int] = (900, 600),
    color: Any = RED,
    kind: str = "JPEG",
    **options: Any,
) -> bytes:
    """One colour; `options` are Pillow's for saving."""
    made = io.BytesIO()
    Image.new(mode, size, color).save(made, kind, **options)
    return made.getvalue()


def turned_photo() -> bytes:
    """900 by 600 as stored, red on the left; the camera was held upright, so red is meant to be at the top."""
    photo = Image.new("RGB", (900, 600), BLUE)
    photo.paste(RED, (0, 0, 450, 600))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees clockwise
    exif[0x010F] = "Camera of Anna"
    made = io.BytesIO()
    photo.save(made, "JPEG", exif=exif)
    return made.getvalue()


def animation(kind: str) -> bytes:
    """Red first, then blue."""
    made = io.BytesIO()
    frames = [Image.new("RGB", (900, 600), color) for color in (RED, BLUE)]
    frames[0].save(made, kind, save_all=True, append_images=frames[1:], duration=100)
    return made.getvalue()


def noise(side: int) -> bytes:
    """A square WebP that takes its decoder long."""
    small = Image.frombytes("L", (250, 250), os.urandom(62_500))
    made = io.BytesIO()
    small.resize((side, side)).convert("RGB").save(made, "WEBP", method=0)
    return made.getvalue()


def png(width: int, height: int, rows: int) -> bytes:
    """A black PNG of 1 bit a pixel with this many rows, whatever height its head claims."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    squeezed = zlib.compress(bytes((1 + (width + 7) // 8) * rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", squeezed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
