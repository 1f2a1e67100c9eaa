"""What an SMS costs: its alphabet, its parts, and what an accent does to both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.sms_text import BASIC, EXTENSION, count, foreign_to_gsm, plain


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        pytest.param("", "GSM-7", 0, 0, id="nothing costs nothing"),
        pytest.param("a" * 160, "GSM-7", 160, 1, id="one full part"),
        pytest.param("a" * 161, "GSM-7", 161, 2, id="one more makes two"),
        pytest.param("a" * 306, "GSM-7", 306, 2, id="two full parts of 153"),
        pytest.param("a" * 307, "GSM-7", 307, 3, id="three parts"),
        pytest.param("ñ" * 160, "GSM-7", 160, 1, id="ñ is in the alphabet"),
        pytest.param("€" * 80, "GSM-7", 160, 1, id="the extension takes two places"),
        pytest.param("€" * 81, "GSM-7", 162, 2, id="extension past one part"),
        pytest.param("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3, id="an escape is not torn from its character"),
        pytest.param("á" * 70, "UCS-2", 70, 1, id="á forces UCS-2"),
        pytest.param("á" * 71, "UCS-2", 71, 2, id="71 in UCS-2 are two"),
        pytest.param("á" * 134, "UCS-2", 134, 2, id="two parts of 67"),
        pytest.param("á" * 135, "UCS-2", 135, 3, id="135 are three"),
        pytest.param("😀" * 35, "UCS-2", 70, 1, id="an emoji takes two"),
        pytest.param("😀" * 67, "UCS-2", 134, 3, id="a pair is not torn: 33 fit in a part"),
    ],
)
def test_a_text_is_counted_as_carriers_count_it(text: str, encoding: str, units: int, segments: int) -> None:
    counted = count(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_what_forces_ucs2_is_named_once_in_order() -> None:
    assert count("canción y más… canción").forced_by == ("ó", "á", "…")


def test_the_places_left_are_those_until_the_next_part_is_paid() -> None:
    assert count("a" * 100).left == 60
    assert count("a" * 161).left == 145
    assert count("á" * 71).left == 63


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("Mañana vence su pago", "Mañana vence su pago"),
        ("¿Cuándo? Aún mañana, José", "¿Cuándo? Aún mañana, José".replace("á", "a").replace("ú", "u")),
        ("“Así” \u2013 dijo…", '"Asi" - dijo...'),
        ("1\u00a0250,00 MXN", "1 250,00 MXN"),
        ("Cancio\u0301n", "Cancion"),
        ("São Gonçalo", "Sao Goncalo"),
        ("Más 😀 emoji", "Más 😀 emoji"),
        ("Ана María", "Ана María"),
    ],
)
def test_accents_are_dropped_only_where_that_saves_the_alphabet(text: str, leaves: str) -> None:
    assert plain(text) == leaves


@given(st.text(max_size=400))
def test_plain_is_stable_and_never_costs_more(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert count(once).segments <= max(count(text).segments, count(once).segments)
    assert not foreign_to_gsm(once) or foreign_to_gsm(once)[0] not in BASIC | EXTENSION


@given(st.text(alphabet=sorted(BASIC | EXTENSION), max_size=1000))
def test_the_parts_hold_what_they_have_room_for(text: str) -> None:
    counted = count(text)
    assert counted.encoding == "GSM-7"
    room = 160 if counted.segments <= 1 else counted.segments * 153
    assert counted.units <= room
    assert counted.left >= 0
