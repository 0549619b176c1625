"""The manual's pictures, taken while somebody walks: small PNG files of what stands on the page."""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

FOLDER = "JOURNEY_PICTURES"
"""Names the folder that keeps the pictures (``make pictures``: the manual's own)."""
COLOURS = 96  # the pages use some twenty; the rest smooths the edges of letters
TALLEST = 1000  # pixels: as much as the browser's window shows; a longer page is cut


async def picture(page: Page, folder: Path, name: str, *, tallest: int = TALLEST) -> None:
    """Will write ``name``.png: the page from its top to the end of its content, or as far as ``tallest`` pixels."""
    kept = os.environ.get(FOLDER)
    folder = Path(kept) if kept else folder
    folder.mkdir(parents=True, exist_ok=True)
    await page.evaluate("document.activeElement?.blur(); window.scrollTo(0, 0)")
    content = await page.get_by_role("main").bounding_box()
    assert content is not None
    width = await page.evaluate("document.documentElement.clientWidth")
    clip = {"x": 0, "y": 0, "width": width, "height": min(content["y"] + content["height"], tallest)}
    taken = await page.screenshot(clip=clip, animations="disabled")
    if kept:
        image = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        image.save(folder / f"{name}.png", optimize=True)
    else:
        (folder / f"{name}.png").write_bytes(taken)
