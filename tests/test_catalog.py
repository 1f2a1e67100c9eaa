"""The Spanish catalog knows every text in the code, with the same places to fill."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from workbench.rules.words import catalog, translate, translate_plural

ROOT = Path(__file__).parent.parent
ROOMS = ("workbench", "workers", "pages", "seed")
# how many of the call's first arguments are texts
KEYWORDS = {"_": 1, "N_": 1, "Refused": 1, "Because": 1, "_words": 1, "ngettext": 2, "translate_plural": 2}
Text = str | tuple[str, str]


def texts() -> dict[Text, str]:
    """Every text in the code with the place it was first found."""
    found: dict[Text, str] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for line, text in texts_of(path):
                found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
        templates = extract_from_dir(ROOT / room, method_map=[("templates/**.html", "jinja2.ext.babel_extract")])
        for name, line, text, _comments, _context in templates:
            found.setdefault(text, f"{room}/{name}:{line}")
    return found


def texts_of(path: Path) -> Iterator[tuple[int, Text]]:
    """The texts of one module, read from its syntax tree: Babel's own reader sees none inside an f-string."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            said = [constants(each) for each in node.args[: KEYWORDS.get(name, 0)]]
            if KEYWORDS.get(name) == 2 and all(said):
                yield node.lineno, (said[0][0], said[1][0])
            elif said and KEYWORDS[name] == 1:
                yield from ((node.lineno, text) for text in said[0])


def constants(node: ast.expr) -> list[str]:
    """The texts an argument may be: one, or one of two."""
    if isinstance(node, ast.IfExp):
        return constants(node.body) + constants(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


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
