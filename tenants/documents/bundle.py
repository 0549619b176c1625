"""What a document may load: ``data:`` addresses and this folder's own fonts; everything else stops the rendering.

WeasyPrint's own fetcher opened local files and made requests for most hostile payloads tried against it.
"""

from pathlib import Path

from weasyprint.urls import URLFetcher, URLFetcherResponse

FONTS = Path(__file__).parent / "fonts"
"""The folder of the vendored fonts; pages may serve the same files."""

_BUNDLE = "bundle:///fonts/"
_FONT_FILES = ("BIZUDPGothic-Regular.ttf", "BIZUDPGothic-Bold.ttf")
# Characters of a data: address; our pictures are small drawings, a photo never belongs in a statement.
DATA_ADDRESS_LIMIT = 1_000_000


class ForbiddenResource(Exception):  # noqa: N818  (named like the house's outcomes)
    """A document asked for something outside the bundle."""


class BundleFetcher(URLFetcher):  # type: ignore[misc]
    """Serves ``data:`` and ``bundle:///fonts/…`` and opens nothing else, neither file nor network."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Give the resource. Raises ``ForbiddenResource`` for any other address."""
        if url.startswith("data:") and len(url) <= DATA_ADDRESS_LIMIT:
            return super().fetch(url, headers)
        name = url.removeprefix(_BUNDLE)
        if url.startswith(_BUNDLE) and name in _FONT_FILES:
            return URLFetcherResponse(url, (FONTS / name).read_bytes(), {"Content-Type": "font/ttf"})
        raise ForbiddenResource(f"outside the bundle: {url[:80]}")
