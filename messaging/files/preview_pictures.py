"""A program: reads a picture from its standard input and writes it small, as a JPEG; nothing where that can't be.

It runs in a sandbox: pictures come from anywhere, and a decoder may have any bug.
"""

from __future__ import annotations

import io
import sys
import warnings

from PIL import Image, ImageOps

LONGEST_SIDE = 480  # pixels
# A decoded pixel takes up to 4 bytes, several times over: a picture of 50,000 by 50,000 would take 10 GB.
MOST_PIXELS = 25_000_000
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def shrink(content: bytes) -> bytes:
    """A small JPEG, turned upright and without the camera's metadata. Raises whatever Pillow does."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        if picture.mode.startswith("I;16"):  # as it is, all but the darkest would turn white
            small = picture.point(lambda value: value * (1 / 256)).convert("L").convert("RGBA")
        else:
            small = picture.convert("RGBA")
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        turned = ImageOps.exif_transpose(small)
    flat = Image.new("RGB", turned.size, "white")
    flat.paste(turned, mask=turned.getchannel("A"))
    made = io.BytesIO()
    flat.save(made, "JPEG", quality=80, optimize=True)
    return made.getvalue()


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        sys.stdout.buffer.write(shrink(sys.stdin.buffer.read()))
    except Exception:  # a picture from anywhere may break a decoder in any way
        sys.exit()
