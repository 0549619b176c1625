"""Rules for new passwords: long, not common, not the person's own name; no composition rules, no forced change.

Source: NIST SP 800-63B-4 3.1.1 (length, block list, Unicode normalisation, no composition rules, no rotation).
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from tenants.errors import Invalid

SHORTEST = 12
"""Characters. Half-way between the 8 that suffice beside a second factor and the 15 NIST asks for where the password
stands alone: towns without a second factor sign in on a closed network (LGWAN) behind ten guesses a quarter hour."""
LONGEST = 256
"""Characters; more is a mistake, and hashing it would cost us more than the sender."""
_OWN_PART = 4
"""Characters that must remain when known words, digits and signs are taken away, or there must be three words."""
_FEWEST_WORDS = 3
_SHORTEST_NAME = 2
"""A family name in Japanese has two characters; of an address only parts of three and more are looked for."""
_SHORTEST_ADDRESS_PART = 3
_LEET = str.maketrans("0134578@$!", "oleastbasi")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qazwsxedcrfvtgbyhnujmikolp")
_SHORTEST_RUN = 4


def normalise_password(password: str) -> str:
    """The form that is hashed and compared: NFKC, so that full and half width make no difference between keyboards."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str, name: str, field: str = "password") -> None:
    """Raises Invalid, with the reason at ``field``, for a password that may not be chosen."""
    fault = _fault(normalise_password(password), email, name)
    if fault is not None:
        code, message = fault
        raise Invalid(code, message, {field: message})


def check_same(password: str, again: str, *, field: str = "password_again") -> None:
    """Raises Invalid at ``field`` when the two entries of a new password differ."""
    if password != again:
        message = "2つの入力が同じではありません。もう一度入力してください。"
        raise Invalid("passwords-differ", message, {field: message})


def _fault(password: str, email: str, name: str) -> tuple[str, str] | None:
    if len(password) < SHORTEST:
        return "short-password", f"パスワードは{SHORTEST}文字以上にしてください(いまは{len(password)}文字です)。"
    if len(password) > LONGEST:
        return "long-password", f"パスワードは{LONGEST}文字までにしてください。"
    plain = password.casefold()
    if any(part in plain for part in _own_words(email, name)):
        return "own-name-password", "パスワードにメールアドレスや氏名を含めないでください。"
    if is_common(password):
        return (
            "common-password",
            "よく使われる言葉や並びだけのパスワードは使えません。関係のない言葉を4つほどつなげると、長くて覚えやすくなります。",
        )
    return None


def _own_words(email: str, name: str) -> list[str]:
    local = unicodedata.normalize("NFKC", email).casefold().split("@", 1)[0]
    parts = [part for part in [local, *_NOT_LETTERS.split(local)] if len(part) >= _SHORTEST_ADDRESS_PART]
    names = [part for part in unicodedata.normalize("NFKC", name).casefold().split() if len(part) >= _SHORTEST_NAME]
    return [*parts, *names, *(["".join(names)] if names else [])]


def is_common(password: str) -> bool:
    """Whether little remains once known words, runs on the keyboard, repetitions, digits and signs are taken away."""
    plain = normalise_password(password).casefold()
    return any(_is_poor(text) for text in (plain, plain.translate(_LEET)))


def _is_poor(text: str) -> bool:
    if len(set(text)) < _OWN_PART:
        return True
    rest, found = _without_runs(text), set[str]()
    for word in _words():
        if word in rest:
            found.add(word)
            rest = rest.replace(word, " ")
    rest = _NOT_LETTERS.sub("", rest)
    return len(found) < _FEWEST_WORDS and len(set(rest)) < _OWN_PART


def _without_runs(text: str) -> str:
    """The text without four and more neighbours on the keyboard or in the alphabet, either way round."""
    for line in (*_RUNS, *(one[::-1] for one in _RUNS)):
        for length in range(len(line), _SHORTEST_RUN - 1, -1):
            for start in range(len(line) - length + 1):
                text = text.replace(line[start : start + length], " ")
    return text


@cache
def _words() -> tuple[str, ...]:
    """The known words, longest first, so that ``password`` goes before ``pass``."""
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").split()
    return tuple(sorted({normalise_password(one).casefold() for one in lines}, key=lambda one: (-len(one), one)))
