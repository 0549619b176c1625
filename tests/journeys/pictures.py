"""The manual's pictures, taken while somebody walks: small PNG files of what stands on the page."""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page

FOLDER = "JOURNEY_PICTURES"
"""Names the folder that keeps the pictures (``make pictures``: the manual's own)."""
COLOURS = 96  # the pages use some twenty; the rest smooths the edges of letters
TALLEST = 1000  # pixels: as much as a screen shows; a longer page is cut


async def picture(page: Page, folder: Path, name: str, *, part: Locator | None = None, tallest: int = TALLEST) -> None:
    """Will write ``name``.png: the page from its top to the end of its content, or one part of it."""
    folder = Path(os.environ.get(FOLDER, folder))
    folder.mkdir(parents=True, exist_ok=True)
    await page.evaluate("document.activeElement?.blur(); window.scrollTo(0, 0)")
    box = await (part or page.get_by_role("main")).bounding_box()
    assert box is not None
    width = await page.evaluate("document.documentElement.clientWidth")
    top = max(box["y"] - 16, 0) if part else 0  # a little air around a part
    clip = {"x": 0, "y": top, "width": width, "height": min(box["y"] + box["height"] + 16 - top, tallest)}
    image = Image.open(io.BytesIO(await page.screenshot(clip=clip, full_page=True, animations="disabled")))
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
