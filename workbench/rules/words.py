"""Every text a person reads: English in the code is the message id, Spanish is the catalog beside it."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

DEFAULT = "es"
LANGUAGES = ("es", "en")
_LOCALE = Path(__file__).parent.parent / "locale"


class Worded:
    """A value inside a text that has words of its own in every language."""

    def in_language(self, language: str) -> str:
        """The words in a language."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.in_language("en")


def N_(msgid: str) -> str:  # noqa: N802  # the name every gettext tool looks for
    """Marks a text for the catalog where it is written; it is translated where it is shown."""
    return msgid


@lru_cache
def catalog(language: str) -> Catalog:
    """The messages of one language, read from `workbench/locale` once a process."""
    with (_LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def translate(msgid: str, language: str, /, **values: Any) -> str:
    """`msgid` in `language` with its `{named}` places filled; a text that has no translation stays English."""
    spoken = {
        name: value.in_language(language) if isinstance(value, Worded) else value for name, value in values.items()
    }
    return _filled(_found(msgid, language) or msgid, spoken)


def translate_plural(singular: str, plural: str, n: int, language: str, /, **values: Any) -> str:
    """The form of the text that fits `n`, in `language`; `{n}` is filled too."""
    forms = _found(singular, language)
    form = (forms if isinstance(forms, tuple) else (singular, plural))[n != 1]
    return _filled(form, {"n": n} | values)


@lru_cache(maxsize=4096)
def _found(msgid: str, language: str) -> Any:
    """What the catalog has for a message: a text, the forms of a plural, or nothing (English needs no catalog)."""
    message = catalog(language).get(msgid) if language != "en" and msgid else None
    return message.string if message else None


def _filled(text: Any, values: dict[str, Any]) -> str:
    return str(text).format(**values) if values else str(text)
