"""What is kept by the hash of frozen content, and how many of it."""

from tenants.web.kept import Kept


class TestKept:
    def test_makes_each_key_once(self):
        made: list[str] = []
        kept: Kept[str] = Kept(2)
        for key in ("a", "a", "b", "a"):
            assert kept.get(key, lambda key=key: made.append(key) or key.upper()) == key.upper()
        assert made == ["a", "b"]

    def test_lets_the_one_asked_for_longest_ago_give_way(self):
        made: list[str] = []
        kept: Kept[str] = Kept(2)
        for key in ("a", "b", "a", "c", "a", "b"):
            kept.get(key, lambda key=key: made.append(key) or key)
        assert made == ["a", "b", "c", "b"]
        assert len(kept) == 2

    def test_keeps_nothing_of_what_could_not_be_made(self):
        kept: Kept[int] = Kept(2)
        for _ in range(2):
            try:
                kept.get("a", lambda: 1 // 0)
            except ZeroDivisionError:
                continue
        assert len(kept) == 0
