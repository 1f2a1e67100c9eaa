"""The Spanish catalog knows every text in the code, with the same places to fill."""

import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from workbench.rules.words import catalog, translate, translate_plural

ROOT = Path(__file__).parent.parent
ROOMS = ("workbench", "workers", "pages", "seed")
# the argument that is a text; ngettext and its kin have two
KEYWORDS = {"_": None, "N_": None, "Refused": None, "ngettext": (1, 2), "translate_plural": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]


def texts() -> dict[str | tuple[str, str], str]:
    """Every text in the code with the place it was first found."""
    found: dict[str | tuple[str, str], str] = {}
    for room in ROOMS:
        messages = extract_from_dir(ROOT / room, method_map=METHODS, keywords=KEYWORDS, options_map={})
        for name, line, message, _comments, _context in messages:
            found.setdefault(message, f"{room}/{name}:{line}")
    return found


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def forms(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


def test_every_text_has_its_spanish() -> None:
    known = {message.id: message.string for message in catalog("es") if message.id}
    missing = {text: place for text, place in texts().items() if not all(forms(known.get(text, "")))}
    assert not missing


def test_every_translation_fills_the_same_places() -> None:
    wrong = [
        (message.id, message.string)
        for message in catalog("es")
        if message.id
        for form in forms(message.string)
        if places(form) - {"n"} != places(forms(message.id)[-1]) - {"n"}
    ]
    assert not wrong


def test_no_text_is_in_the_catalog_for_nothing() -> None:
    used = set(texts())
    assert not [message.id for message in catalog("es") if message.id and message.id not in used]


def test_no_text_is_translated_twice() -> None:
    lines = (ROOT / "workbench/locale/es.po").read_text().splitlines()
    ids = [line for line in lines if line.startswith("msgid ")]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    ("language", "said"), [("es", "Tu rol no permite hacer esto."), ("en", "Your role does not allow this.")]
)
def test_a_text_is_said_in_the_readers_language(language: str, said: str) -> None:
    assert translate("Your role does not allow this.", language) == said


def test_a_text_without_translation_stays_english_with_its_places_filled() -> None:
    assert translate("Not in any catalog: {n}", "es", n=3) == "Not in any catalog: 3"
    assert translate_plural("{n} thing", "{n} things", 1, "es") == "1 thing"
    assert translate_plural("{n} thing", "{n} things", 2, "es") == "2 things"
