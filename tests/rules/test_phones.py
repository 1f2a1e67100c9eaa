import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.phones import PhoneKind, PhoneNote, read_phones

COUNTRIES = ("MX", "CO", "CL", "PE", "BR", "AR", "EC", "US")


@pytest.mark.parametrize(
    ("cell", "country", "e164", "kind"),
    [
        pytest.param("044 55 1234 5670", "MX", "+525512345670", PhoneKind.MOBILE, id="mexico 044 is a mobile"),
        pytest.param("045 81 1234 5670", "MX", "+528112345670", PhoneKind.MOBILE, id="mexico 045 is a mobile"),
        pytest.param("01 55 1234 5670", "MX", "+525512345670", PhoneKind.UNKNOWN, id="mexico 01 long distance"),
        pytest.param("+52 1 55 1234 5670", "MX", "+525512345670", PhoneKind.MOBILE, id="mexico +52 1"),
        pytest.param("5215512345670", "MX", "+525512345670", PhoneKind.MOBILE, id="mexico 521 without plus"),
        pytest.param("(55) 1234-5670", "MX", "+525512345670", PhoneKind.UNKNOWN, id="mexico punctuation"),
        pytest.param("3001234567", "CO", "+573001234567", PhoneKind.MOBILE, id="colombia mobile"),
        pytest.param("573001234567.0", "CO", "+573001234567", PhoneKind.MOBILE, id="float text"),
        pytest.param("5.73001234567E+11", "CO", "+573001234567", PhoneKind.MOBILE, id="exponent with every digit"),
        pytest.param("(1) 745 6890", "CO", "+576017456890", PhoneKind.LANDLINE, id="colombia old area code"),
        pytest.param("601 745 6890", "CO", "+576017456890", PhoneKind.LANDLINE, id="colombia new area code"),
        pytest.param("03 300 123 4567", "CO", "+573001234567", PhoneKind.MOBILE, id="colombia 03"),
        pytest.param("09 8765 4320", "CL", "+56987654320", PhoneKind.MOBILE, id="chile 09"),
        pytest.param("87654320", "CL", "+56987654320", PhoneKind.MOBILE, id="chile eight digits"),
        pytest.param("11 8765-4320", "BR", "+5511987654320", PhoneKind.MOBILE, id="brazil eight digit mobile"),
        pytest.param("011 98765-4320", "BR", "+5511987654320", PhoneKind.MOBILE, id="brazil trunk zero"),
        pytest.param("987 654 320", "PE", "+51987654320", PhoneKind.MOBILE, id="peru mobile"),
        pytest.param(
            "+1 212 736 5000", "CO", "+12127365000", PhoneKind.UNKNOWN, id="a foreign number keeps its country"
        ),
    ],
)
def test_a_number_is_read_and_its_old_prefix_repaired(cell: str, country: str, e164: str, kind: PhoneKind) -> None:
    (phone,) = read_phones(cell, country)
    assert (phone.e164, phone.valid, phone.kind) == (e164, True, kind)


@pytest.mark.parametrize(
    ("cell", "country", "note"),
    [
        pytest.param("2345670", "CO", PhoneNote.NEEDS_AREA_CODE, id="colombian landline of seven digits"),
        pytest.param("98765432", "BR", PhoneNote.NEEDS_AREA_CODE, id="brazilian mobile without its area"),
        pytest.param("5512 3456", "MX", PhoneNote.NEEDS_AREA_CODE, id="mexican local number"),
        pytest.param("4456789", "PE", PhoneNote.NEEDS_AREA_CODE, id="peruvian landline"),
        pytest.param("5.73E+11", "CO", PhoneNote.LOST_DIGITS, id="exponent that lost digits"),
        pytest.param("9999999", "CO", PhoneNote.FILLER, id="nines"),
        pytest.param("0000000000", "MX", PhoneNote.FILLER, id="zeros"),
        pytest.param("1234567890", "MX", PhoneNote.FILLER, id="counted up"),
        pytest.param("3000000000", "CO", PhoneNote.FILLER, id="a prefix and zeros"),
        pytest.param("Juan", "CO", PhoneNote.NOT_A_PHONE, id="a name"),
    ],
)
def test_a_number_that_cannot_be_dialled_is_kept_and_says_why(cell: str, country: str, note: PhoneNote) -> None:
    (phone,) = read_phones(cell, country)
    assert (phone.e164, phone.valid, phone.note, phone.raw) == (None, False, note, cell)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("3001234567 / 3109876540", ["+573001234567", "+573109876540"]),
        ("3001234567;3109876540", ["+573001234567", "+573109876540"]),
        ("3001234567 - 3109876540", ["+573001234567", "+573109876540"]),
        ("3001234567 3109876540", ["+573001234567", "+573109876540"]),
        ("3001234567 y 3109876540", ["+573001234567", "+573109876540"]),
        ("+573001234567 +573109876540", ["+573001234567", "+573109876540"]),
        ("3001234567 / 3001234567", ["+573001234567"]),
        ("300 123 4567", ["+573001234567"]),
    ],
)
def test_several_phones_in_one_cell_come_apart(cell: str, found: list[str]) -> None:
    assert [phone.e164 for phone in read_phones(cell, "CO")] == found


@pytest.mark.parametrize("cell", ["", None, " ", "no tiene", "N/A", "-", "sin teléfono", "0"])
def test_a_word_for_nothing_is_no_phone(cell: str | None) -> None:
    assert read_phones(cell, "CO") == []


def test_an_extension_is_kept_apart() -> None:
    (phone,) = read_phones("55 5123 4560 ext. 112", "MX")
    assert (phone.e164, phone.extension) == ("+525551234560", "112")


@pytest.mark.parametrize(
    ("cell", "country", "zone"),
    [
        ("6641234560", "MX", "America/Tijuana"),
        ("5512345670", "MX", "America/Mexico_City"),
        ("3001234567", "CO", "America/Bogota"),
        ("81987654321", "BR", "America/Recife"),
        ("9132123456", "BR", "America/Belem"),
        ("6734801234", "BR", "America/Campo_Grande"),
        ("612 21 2345", "CL", "America/Punta_Arenas"),
        ("672 21 2345", "CL", "America/Coyhaique"),
        ("961234567", "CL", None),
        ("81234567", "NI", "America/Managua"),
        ("+505 8123 4567", "MX", "America/Managua"),
        ("11 2345 6789", "AR", "America/Argentina/Buenos_Aires"),
        ("614 412 3456", "MX", "America/Chihuahua"),
        ("656 612 3456", "MX", "America/Ciudad_Juarez"),
        ("868 812 3456", "MX", None),
        ("099 123 4567", "EC", None),
        ("02 252 6123", "EC", "America/Guayaquil"),
        ("05 252 6123", "EC", None),
        ("612 345 678", "ES", None),
        ("827 123 456", "ES", "Europe/Madrid"),
        ("922 123 456", "ES", "Atlantic/Canary"),
        ("208 345 6789", "US", None),
        ("212 345 6789", "US", "America/New_York"),
        ("800 234 5678", "US", None),
    ],
)
def test_a_number_hints_at_its_time_zone_or_at_none(cell: str, country: str, zone: str | None) -> None:
    assert read_phones(cell, country)[0].time_zone == zone


@given(
    cell=st.one_of(st.text(max_size=60), st.from_regex(r"[+(]?[0-9 ().\-/E+]{5,30}", fullmatch=True)),
    country=st.sampled_from(COUNTRIES),
)
def test_reading_never_fails_and_every_valid_phone_round_trips(cell: str, country: str) -> None:
    for phone in read_phones(cell, country):
        assert phone.valid == (phone.e164 is not None)
        if phone.e164:
            assert phonenumbers.is_valid_number(phonenumbers.parse(phone.e164))
            again = read_phones(phone.e164, country)
            assert [each.e164 for each in again] == [phone.e164]


@given(digits=st.from_regex(r"[1-9][0-9]{8,9}", fullmatch=True), country=st.sampled_from(COUNTRIES))
def test_the_short_way_agrees_with_the_library(digits: str, country: str) -> None:
    for phone in read_phones(digits, country):
        if phone.e164 and phone.note is PhoneNote.NONE:
            parsed = phonenumbers.parse(digits, country)
            assert phone.e164 == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
