"""A program: reads a picture from its standard input and writes it small, as a JPEG; nothing where that can't be.

It runs confined: pictures come from anywhere, and a decoder may have any fault.
"""

from __future__ import annotations

import io
import sys
import warnings

from PIL import Image, ImageOps

LONGEST_SIDE = 480  # pixels
# Decoded, a pixel takes up to 4 bytes, several times over: a picture of 50,000 by 50,000 would take 10 GB.
MOST_PIXELS = 25_000_000
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def shrink(content: bytes) -> bytes:
    """A small JPEG, turned as it is meant to be seen and without what the camera wrote. Raises whatever Pillow does."""
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
    except Exception:  # a picture that comes from anywhere may break a decoder anyhow
        sys.exit()
