"""The child that decodes pictures: looks at the header, decodes, turns upright, drops everything but the pixels.

Run by ``tenants.files.images`` as ``python -m tenants.files.decoding``.
"""

import io
import warnings
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from tenants.files.child import serve

FORMATS = ("JPEG", "PNG", "WEBP")
JPEG_QUALITY = 88
"""Where people stop seeing the difference; above it files grow much faster than they improve."""
_PLUGINS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
"""Loaded before the process is confined; Pillow then looks for no others."""


class _Refused(Exception):  # noqa: N818
    """The picture is not taken; the word says why."""


def clean(request: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """The picture and its thumbnail, re-encoded; or ``refused`` with a word.

    ``request``: ``pixels`` allowed, ``longest`` and ``thumbnail`` sides in pixels.
    """
    try:
        picture, kind = _upright(content, request["pixels"])
        picture.thumbnail((request["longest"], request["longest"]), Image.Resampling.LANCZOS)
        whole = _encoded(picture, kind)
        width, height = picture.size
        picture.thumbnail((request["thumbnail"], request["thumbnail"]), Image.Resampling.LANCZOS)
        small = _encoded(picture, kind)
    except _Refused as refused:
        return {"refused": str(refused)}, b""
    except MemoryError:
        return {"refused": "memory"}, b""
    except Exception:  # noqa: BLE001  (the edge of this process: whatever the bytes did, they are no picture)
        return {"refused": "unreadable"}, b""
    said = {"kind": kind, "width": width, "height": height, "whole": len(whole)}
    return said, whole + small


def _upright(content: bytes, most_pixels: int) -> tuple[Image.Image, str]:
    """The decoded picture in a plain mode, and what to encode it as."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > most_pixels:
            raise _Refused("pixels")
        if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:  # a phone's second view is left behind
            raise _Refused("animated")
        opened.load()
        drawn = opened.format == "PNG"
        clear = opened.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in opened.info
        turned = _turned(opened)
    mode = "RGBA" if clear else "L" if turned.mode in {"1", "L"} else "RGB"
    plain = turned if turned.mode == mode else turned.convert(mode)
    plain.info = {}  # what the encoders would copy along: colour profile, resolution, comments, text
    return plain, "png" if clear or drawn else "jpeg"


def _turned(picture: Image.Image) -> Image.Image:
    """The picture as its camera held it; one whose notes cannot be read stays as it is."""
    try:
        return ImageOps.exif_transpose(picture)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (the notes are a stranger's bytes too)
        return picture.copy()


def _encoded(picture: Image.Image, kind: str) -> bytes:
    made = io.BytesIO()
    if kind == "png":
        picture.save(made, "PNG", optimize=True)
    else:
        picture.save(made, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return made.getvalue()


def main() -> None:
    """Answers requests; the pixels are counted here, so Pillow's own warning is not needed."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None
    Image._initialized = 2  # noqa: SLF001  (no other plugin is ever looked for)
    serve(clean)


if __name__ == "__main__":
    main()
