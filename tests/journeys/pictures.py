"""The manual's pictures, taken while somebody walks: small PNG files of what stands on the page."""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

from tests.journeys.colleagues import mark

FOLDER = "JOURNEY_PICTURES"
"""Names the folder that keeps the pictures (``make pictures``: the manual's own)."""
COLOURS = 96  # the pages use some twenty; the rest smooths the edges of letters
TALLEST = 1200  # pixels: as much as a tall screen shows; a longer page is cut
AIR = 32  # pixels below the last line


# Whoever filled in a long table has moved it on.
BEGIN = """() => {
  document.activeElement?.blur();
  for (const one of document.querySelectorAll(".table-scroll")) one.scrollTo(0, 0);
  window.scrollTo(0, 0);
}"""
# The lower edge of what stands on the page: main itself stretches down to the footer.
END = (
    """() => Math.max(...[...document.querySelectorAll("main > *")].map((one) => one.getBoundingClientRect().bottom))"""
)


async def picture(page: Page, folder: Path, name: str, *, tallest: int = TALLEST) -> None:
    """Will write ``name``.png: the page from its top to the end of its content, or as far as ``tallest`` pixels."""
    kept = None if mark() else os.environ.get(FOLDER)  # a manual shows no marks
    folder = Path(kept) if kept else folder
    folder.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    assert before is not None
    await page.set_viewport_size({"width": before["width"], "height": tallest})
    await page.evaluate(BEGIN)
    height = min(await page.evaluate(END) + AIR, tallest)
    clip = {"x": 0, "y": 0, "width": before["width"], "height": height}
    taken = await page.screenshot(clip=clip, animations="disabled")
    await page.set_viewport_size(before)
    if kept:
        image = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        image.save(folder / f"{name}.png", optimize=True)
    else:
        (folder / f"{name}.png").write_bytes(taken)
