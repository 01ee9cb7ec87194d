"""Previews of pictures, made once when the picture is stored, so that pages never load the whole of it."""

from __future__ import annotations

import io
import logging
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps

logger = logging.getLogger(__name__)

LONGEST_SIDE = 480  # pixels
# Decoded, a pixel takes up to 4 bytes: a picture of 50,000 by 50,000 would take 10 GB.
MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def preview_of(file: BinaryIO) -> BinaryIO | None:
    """A small JPEG, turned as it is meant to be seen and without what the camera wrote; None if there can't be one."""
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=_FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return None
                picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                small = ImageOps.exif_transpose(picture)
                small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                flat = Image.new("RGB", small.size, "white")
                with_alpha = small.convert("RGBA")
                flat.paste(with_alpha, mask=with_alpha.getchannel("A"))
    except Exception as error:  # a picture that comes from anywhere may break a decoder anyhow
        logger.info("no preview: %s", type(error).__name__)
        return None
    finally:
        file.seek(0)
    stored = io.BytesIO()
    flat.save(stored, "JPEG", quality=80, optimize=True)
    stored.seek(0)
    return stored
