"""Names as they are searched: one spelling for what people type with and without accents."""

import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """Return lower case without accents and with single spaces: "  José  NÚÑEZ " gives "jose nunez"."""
    if text.isascii():
        return " ".join(text.lower().split())
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.split())


def fold_column(texts: Iterable[str]) -> list[str]:
    """Return every text of a column folded, each distinct one worked out once."""
    known: dict[str, str] = {}
    return [known[text] if text in known else known.setdefault(text, fold(text)) for text in texts]
