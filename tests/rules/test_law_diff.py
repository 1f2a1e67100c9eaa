"""Two versions of a law file compared: each edit is told as what it is, and nothing else is."""

import pytest

from workbench.rules.law_diff import LawDiff, compare
from workbench.rules.law_files import FOLDER, jurisdictions, read

LAW = """
country: XX
name: {es: Ejemplo, en: Example}
checked_on: 2026-11-22
scope: {es: "Todas.", en: "All of it."}
zones: [America/Bogota]
readings:
  week:
    about: {es: "La semana.", en: "The week."}
    default: iso_week
    options:
      iso_week: {says: {es: "De lunes a domingo.", en: "Monday to Sunday."}}
      rolling: {says: {es: "Siete días.", en: "Seven days."}}
sources:
  L1: {title: "Ley 1", kind: law}
rules:
  - {id: xx.hours, kind: hours, law: Ley 1, source: [L1], confidence: text, hours: {mon-fri: 07:00-19:00, sat: 08:00-15:00}, says: {es: "Horas.", en: "Hours."}}
  - {id: xx.whom, kind: ban, law: Ley 1, source: [L1], confidence: text, targets_except: [debtor], says: {es: "Solo el deudor.", en: "Only the debtor."}}
  - {id: xx.opt_out, kind: ban, law: Ley 1, source: [L1], confidence: text, when: {opted_out: true}, says: {es: "No quiere.", en: "Opted out."}}
  - {id: xx.week, kind: cap, law: Ley 1, source: [L1], confidence: text, reading: [iso_week], max: 2, per: iso_week, counts: contact, says: {es: "Dos.", en: "Two."}}
  - {id: xx.week, kind: cap, law: Ley 1, source: [L1], confidence: text, reading: [rolling], max: 2, per: 7 days, counts: contact, says: {es: "Dos.", en: "Two."}}
"""
SUNDAY = '  - {id: xx.no_sunday, kind: closed, law: Ley 1, source: [L1], confidence: text, days: [sun], says: {es: "Domingo.", en: "Sunday."}}\n'


def difference(*edits: tuple[str, str]) -> LawDiff:
    after = LAW
    for old, new in edits:
        assert old in after
        after = after.replace(old, new)
    return compare(read(LAW, "xx.yaml"), read(after, "xx.yaml"))


def told(found: LawDiff) -> list[tuple]:
    """The difference on one hand: what kind, of what, from what, to what."""
    return (
        [("added", rule.id) for rule in found.added]
        + [("removed", rule.id) for rule in found.removed]
        + [
            (change.after.id, "/".join(field.path), field.before, field.after)
            for change in found.changed
            for field in change.fields
        ]
        + [("beside", "/".join(field.path), field.before, field.after) for field in found.beside]
    )


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        pytest.param(("Ejemplo", "Ejemplo"), [], id="nothing"),
        pytest.param(
            ("mon-fri: 07:00-19:00", "mon-fri: 07:00-18:00"),
            [("xx.hours", "hours/mon-fri", "07:00-19:00", "07:00-18:00")],
            id="an hour less",
        ),
        pytest.param(
            (", sat: 08:00-15:00", ""), [("xx.hours", "hours/sat", "08:00-15:00", None)], id="no more saturdays"
        ),
        pytest.param(("  - {id: xx.whom", SUNDAY + "  - {id: xx.whom"), [("added", "xx.no_sunday")], id="a new rule"),
        pytest.param(
            ("reading: [rolling], max: 2", "reading: [rolling], max: 1"),
            [("xx.week", "max", "2", "1")],
            id="one reading of two under the same id",
        ),
        pytest.param(
            ("targets_except: [debtor]", "targets_except: [debtor, guarantor]"),
            [("xx.whom", "targets_except", "debtor", "debtor, guarantor")],
            id="a list",
        ),
        pytest.param(
            ("default: iso_week", "default: rolling"),
            [("beside", "readings/week/default", "iso_week", "rolling")],
            id="another default reading",
        ),
        pytest.param(
            ("source: [L1], confidence: text, hours", "source: [L1], confidence: secondary, hours"),
            [("xx.hours", "confidence", "text", "secondary")],
            id="less sure",
        ),
        pytest.param(
            ("id: xx.opt_out", "id: xx.opted_out"),
            [("added", "xx.opted_out"), ("removed", "xx.opt_out")],
            id="another id is another rule",
        ),
    ],
)
def test_an_edit_is_told_as_what_it_is(edit: tuple[str, str], expected: list[tuple]) -> None:
    assert told(difference(edit)) == expected


@pytest.mark.parametrize(
    ("edit", "only_words"),
    [
        (('en: "Hours."', 'en: "The hours."'), True),
        (("sat: 08:00-15:00", "sat: 08:00-14:00"), False),
    ],
)
def test_a_sentence_told_otherwise_binds_as_before(edit: tuple[str, str], *, only_words: bool) -> None:
    [change] = difference(edit).changed
    assert change.only_words is only_words


@pytest.mark.parametrize("country", jurisdictions())
def test_a_law_does_not_differ_from_itself(country: str) -> None:
    text = (FOLDER / f"{country.lower()}.yaml").read_text(encoding="utf-8")
    assert compare(jurisdictions()[country], read(text, "again")).same


def test_the_way_back_tells_the_opposite() -> None:
    other = read(LAW.replace("  - {id: xx.whom", SUNDAY + "  - {id: xx.whom").replace("max: 2", "max: 3"), "xx.yaml")
    there, back = compare(read(LAW, "xx.yaml"), other), compare(other, read(LAW, "xx.yaml"))
    assert [rule.id for rule in there.added] == [rule.id for rule in back.removed]
    assert [(f.after, f.before) for c in there.changed for f in c.fields] == [
        (f.before, f.after) for c in back.changed for f in c.fields
    ]
