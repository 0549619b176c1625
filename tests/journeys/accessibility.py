"""What axe-core and our own measures find on a page: rules broken, targets too small."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.walls.scorecard import tell

FOLDER = Path(__file__).parent / "axe"
GRAVE = frozenset({"serious", "critical"})
_RUN = """
async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map((one) => [one.id, one.impact, one.nodes.map((node) => node.target.join(" "))]);
}
"""

# Every way from the page's body down to an element, by tag, class, kind and names of what is set on it, each once:
# lists of three rows and of forty are built the same. Text is left out, except whether there is any.
_BUILT = """() => {
  const ways = new Set();
  const walk = (one, above) => {
    const set = [...one.attributes].map((held) => held.name).filter((name) => name !== "class").sort().join();
    const way = `${above}>${one.localName}.${one.className.baseVal ?? one.className}:${one.type || ""}[${set}]` +
      (one.textContent.trim() ? "" : "-");
    ways.add(way);
    for (const child of one.children) walk(child, way);
  };
  walk(document.body, innerWidth);
  return [...ways].sort().join("\\n");
}"""

# Controls lower or narrower than 44 px, and links inside a sentence lower than 24 px. What stands in the first screen
# only for readers of the page's text, the choice inside its label, and the parts of a list are not pressed themselves.
_SMALL = """() => {
  const small = [];
  for (const one of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (one.type === "hidden" || one.disabled || !one.checkVisibility()) continue;
    if (one.closest(".visually-hidden, .skip")) continue;
    let box = one.getBoundingClientRect();
    if (one.type === "checkbox" || one.type === "radio") {
      const around = (one.labels && one.labels[0]) || one.closest(".choice--bare") || one;
      box = around.getBoundingClientRect();
    }
    const words = one.matches("a") && getComputedStyle(one).display === "inline";
    const least = words ? 23.5 : 43.5;
    const rects = words ? [...one.getClientRects()] : [box];
    if (rects.some((rect) => rect.height < least && rect.width > 0)) {
      small.push(`${one.tagName} ${one.className} 「${(one.textContent || one.name).trim().slice(0, 20)}」 ` +
        rects.map((rect) => `${Math.round(rect.width)}×${Math.round(rect.height)}`).join(" "));
    }
  }
  return small.slice(0, 5);
}"""


def axe() -> str:
    """The rules' own script; raises AssertionError when it is not the one written down."""
    script = (FOLDER / "axe.min.js").read_bytes()
    assert hashlib.sha256(script).hexdigest() in (FOLDER / "README.md").read_text(encoding="utf-8")
    return script.decode("utf-8")


@dataclass
class Findings:
    """Rules broken, by weight; small targets; how often was looked.

    A page built in every part like one that was judged, in a window as wide, is judged like it and only counted.
    """

    judged: set[str] = field(default_factory=set)
    looks: int = 0
    same: int = 0
    grave: list[tuple[Any, ...]] = field(default_factory=list)
    lesser: list[tuple[Any, ...]] = field(default_factory=list)
    small: list[tuple[Any, ...]] = field(default_factory=list)

    async def look(self, page: Page, place: str, *, targets: bool = True) -> None:
        """Asks axe-core and measures the targets, on the page as it stands."""
        self.looks += 1
        built = str(await page.evaluate(_BUILT))
        if built in self.judged:
            self.same += 1
            return
        self.judged.add(built)
        if not await page.evaluate("typeof axe !== 'undefined'"):
            await page.evaluate(axe())
        for rule, impact, nodes in await page.evaluate(_RUN):
            (self.grave if impact in GRAVE else self.lesser).append((place, rule, impact, nodes[:3]))
        if targets and (small := await page.evaluate(_SMALL)):
            self.small.append((place, small))


def judge(found: Findings, area: str) -> None:
    """Tells the counts; nothing grave, nothing too small to press."""
    tell(
        f"axe {area}",
        looks=found.looks,
        same=found.same,
        grave=len(found.grave),
        moderate=found.lesser,
        small=len(found.small),
    )
    assert found.grave == [], found.grave
    assert found.small == []
