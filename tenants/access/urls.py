"""Where a person may be sent after signing in: paths of ours only."""


def path_of_ours(url: str, fallback: str = "/") -> str:
    """``url`` if it is a path of ours; anything a browser could read as another host becomes ``fallback``."""
    if url.startswith("/") and not url.startswith(("//", "/\\")) and url.isascii() and url.isprintable():
        return url
    return fallback
