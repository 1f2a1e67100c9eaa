"""What may stand in a template, how it is filled, and that nothing hostile in it or in a name gets anywhere."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.interactions import Channel
from workbench.rules.letter_values import Agreed, Values, first_name, harmless, letter_values
from workbench.rules.placeholders import PLACEHOLDERS, Unfilled
from workbench.rules.template_checks import CODES, Text, check
from workbench.rules.template_files import shipped_texts
from workbench.rules.templating import in_words, provider_text, render

TODAY = date(2026, 11, 18)
TOTAL = Decimal("1250.50")


def values(**changes: object) -> Values:
    debts = [
        ("TC-00011234", "Tarjeta oro", date(2026, 10, 29), Decimal("1000.50"), date(2026, 10, 29)),
        ("PR-5678", None, date(2026, 11, 17), Decimal(250), date(2026, 11, 17)),
    ]
    made = letter_values(
        debtor_name="MARÍA DE LA CRUZ",
        is_firm=False,
        creditor="Banco del Valle",
        portfolio="Tarjetas",
        currency="MXN",
        country="MX",
        on=TODAY,
        debts=debts,
        promise=(Decimal(500), date(2026, 11, 20)),
        payment_amount=Decimal("99.90"),
    )
    return replace(made, **changes)


RICH = letter_values(
    debtor_name="MARÍA FERNANDA GUADALUPE DE LOS ÁNGELES VILLASEÑOR GUTIÉRREZ DE LA TORRE",
    is_firm=False,
    creditor="Corporación Financiera del Pacífico Sur, Sociedad Anónima",
    portfolio="Tarjetas y préstamos personales",
    currency="MXN",
    country="MX",
    on=TODAY,
    debts=[
        (f"TC-00001{n:04}", "Tarjeta de nómina platino", due_on, Decimal("1234567.89"), due_on)
        for n in range(24)
        for due_on in [date(2025, 12, 1 + n)]
    ],
    promise=(Decimal("1234567.89"), date(2026, 11, 20)),
    payment_amount=Decimal("1234567.89"),
    agreed=Agreed(Decimal("1234567.89"), 36, Decimal("1234567.89"), date(2026, 12, 28)),
    contact_phone="+525512345678",
)
MINIMAL = letter_values(
    debtor_name="Li",
    is_firm=False,
    creditor="X",
    portfolio="Y",
    currency="CLP",
    country="CL",
    on=TODAY,
    debts=[("7", None, TODAY, Decimal(1), TODAY)],
    promise=(Decimal(1), TODAY),
    payment_amount=Decimal(1),
    agreed=Agreed(Decimal(1), 1, Decimal(1), TODAY),
)


def sms(body: str, code: str = "first_notice", language: str = "es") -> Text:
    return Text(code, Channel.SMS, language, None, body)


def whatsapp(body: str) -> Text:
    return Text("first_notice", Channel.WHATSAPP, "es", None, body, "aviso")


def said(body: str, language: str = "es", **changes: object) -> str:
    return render(Text("first_notice", Channel.EMAIL, language, "s", body), values(**changes), language).body


# the shipped set


def test_every_stage_has_its_text_on_every_channel_in_both_languages() -> None:
    found = {(each.language, each.code, each.channel) for each in shipped_texts()}
    channels = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP)
    assert found == {(language, code, channel) for language in ("es", "en") for code in CODES for channel in channels}


@pytest.mark.parametrize("text", shipped_texts(), ids=lambda each: f"{each.language}-{each.code}-{each.channel}")
def test_a_shipped_text_is_sound_and_fills_with_much_and_with_little(text: Text) -> None:
    assert check(text) == []
    for given_values in (RICH, MINIMAL):
        told = render(text, given_values, text.language)
        whole = f"{told.subject}\n{told.body}"
        assert not {"{", "}", "None"} & set(whole.replace(str(told.subject) if told.subject is None else "", ""))
        assert harmless(given_values.creditor) in told.body or text.channel == Channel.SMS
        assert len(told.subject or "") <= 150
        if text.channel == Channel.SMS:
            assert told.sms is not None
            assert (told.sms.encoding, told.sms.segments <= 3) == ("GSM-7", True), told.body
        if text.channel == Channel.WHATSAPP:
            assert len(told.body) <= 1024
            assert all(told.variables)


def test_the_whatsapp_names_are_as_many_as_the_texts() -> None:
    names = [each.whatsapp_name for each in shipped_texts() if each.channel == Channel.WHATSAPP]
    assert len(set(names)) == len(names)


# filling


@pytest.mark.parametrize(
    ("body", "language", "told"),
    [
        ("{{ total }}", "es", "1,250.50 MXN"),
        ("{{ total | money }}", "en", "1,250.50 MXN"),
        ("{{ oldest_due_on }}", "es", "29 oct 2026"),
        ("{{ oldest_due_on | date('long') }}", "es", "29 de octubre de 2026"),
        ("{{ oldest_due_on | date('short') }}", "en", "29 Oct"),
        ("{{ days_past_due | days }}", "es", "20 días"),
        ("{{ first_name }}", "es", "María"),
        ("{{ debtor_name | title }}", "es", "María De La Cruz"),
        ("{{ creditor | upper }}", "es", "BANCO DEL VALLE"),
        ("{{ debts_line }}", "es", "Tarjeta oro 1234: 1,000.50 MXN; 5678: 250.00 MXN"),
        ("{{ debts_count }}", "es", "2"),
        ("{{ opt_out_word }}", "es", "BAJA"),
        ("{{ opt_out_word }}", "en", "STOP"),
        ("{% if contact_phone %}a{% else %}b{% endif %}", "es", "b"),
        ("{% if not contact_phone %}b{% endif %}", "es", "b"),
        ("a\n{% for debt in debts %}\n- {{ debt.ending }} {{ debt.days_past_due | days }}\n{% endfor %}\nz", "es", "a\n- 1234 20 días\n- 5678 1 día\nz"),
        ("a{# a note #}b", "es", "ab"),
        ("a  \n\n\n\nb\n", "es", "a\n\nb"),
    ],
)  # fmt: skip
def test_a_placeholder_is_filled_as_the_language_writes_it(body: str, language: str, told: str) -> None:
    assert said(body, language) == told


@pytest.mark.parametrize(
    ("country", "currency", "amount", "told"),
    [
        ("CL", "CLP", "45990", "45.990 CLP"),
        ("CL", "CLP", "45990.50", "45.990,50 CLP"),
        ("CO", "COP", "1250000", "1.250.000,00 COP"),
        ("MX", "MXN", "12345678901234.56", "12,345,678,901,234.56 MXN"),
        ("AR", "ARS", "1250.5", "1.250,50 ARS"),
    ],
)
def test_amounts_are_exact_and_written_as_the_country_does(country: str, currency: str, amount: str, told: str) -> None:
    assert said("{{ total }}", country=country, currency=currency, total=Decimal(amount)) == told


def test_a_language_the_country_does_not_write_is_written_its_own_way() -> None:
    assert said("{{ total }}", "en", country="CL", currency="CLP", total=Decimal(45990)) == "45,990 CLP"


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("{{ contact_phone }}", "contact_phone"),
        ("{{ contact_phone | upper }}", "contact_phone"),
        ("{{ promise_amount | money }}", "promise_amount"),
        ("{{ promise_due_on | date }}", "promise_due_on"),
        ("{% for debt in debts %}{{ debt.product }}{% endfor %}", "product"),
        ("{{ oldest_due_on | days }}", "int / date"),
        ("{{ total | date }}", "date / Decimal"),
    ],
)
def test_what_is_not_known_is_never_left_out_silently(body: str, missing: str) -> None:
    with pytest.raises(Unfilled, match=missing):
        said(body, promise_amount=None, promise_due_on=None)


def test_an_empty_name_is_not_known() -> None:
    with pytest.raises(Unfilled, match="debtor_name"):
        said("{{ debtor_name }}", debtor_name="")


def test_a_text_that_grew_too_long_does_not_leave() -> None:
    long = Text("first_notice", Channel.SMS, "es", None, "{{ creditor }} " * 30)
    with pytest.raises(Unfilled, match="characters"):
        render(long, values(creditor="B" * 60), "es")


def test_more_debts_than_fit_are_counted() -> None:
    line = render(sms("{{ debts_line }}"), RICH, "es").body
    assert line.endswith("; y 22 mas")
    assert render(sms("{{ debts_line }}", language="en"), RICH, "en").body.endswith("; and 22 more")


def test_variables_stand_in_the_order_of_their_first_appearance() -> None:
    text = whatsapp(
        "Hola {{ first_name }}: {{ creditor }} le pide {{ total }} ({{ creditor }}, {{ total | money }}). BAJA"
    )
    told = render(text, values(), "es")
    assert told.variables == ("María", "Banco del Valle", "1,250.50 MXN", "1,250.50 MXN")
    assert provider_text(text.body) == "Hola {{1}}: {{2}} le pide {{3}} ({{2}}, {{4}}). BAJA"
    filled = provider_text(text.body)
    for number, value in enumerate(told.variables, 1):
        filled = filled.replace(f"{{{{{number}}}}}", value)
    assert filled == told.body


# what may not stand in a template


HOSTILE = [
    "{{ 7*7 }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ creditor.__class__ }}",
    "{{ creditor['x'] }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ range(10) }}",
    "{{ cycler.__init__ }}",
    "{{ lipsum() }}",
    "{{ _place }}",
    "{{ _place.locale }}",
    "{{ creditor() }}",
    "{{ creditor | attr('x') }}",
    "{{ creditor | safe }}",
    "{{ creditor | map('upper') }}",
    "{{ oldest_due_on | date('%Y') }}",
    "{{ oldest_due_on | date(style='long') }}",
    "{{ oldest_due_on | date(*creditor) }}",
    "{{ creditor ~ total }}",
    "{{ creditor if total else total }}",
    "{{ creditor is defined }}",
    "{{ [creditor] }}",
    "{{ 'x' }}",
    "{{ debts }}",
    "{{ debts[0].amount }}",
    "{{ debt.amount }}",
    "{% for debt in debts %}{{ debt._x }}{% endfor %}",
    "{% for debt in debts %}{{ debt.items }}{% endfor %}",
    "{% for debt in debts %}{{ loop.index }}{% endfor %}",
    "{% for debt in debts %}{% for debt in debts %}x{% endfor %}{% endfor %}",
    "{% for debt in debts if debt.amount %}x{% endfor %}",
    "{% for debt in debts recursive %}x{% endfor %}",
    "{% for x in debts %}x{% endfor %}",
    "{% for x in range(9) %}x{% endfor %}",
    "{% for debt in creditor %}x{% endfor %}",
    "{% set x = 1 %}",
    "{% set creditor = 1 %}",
    "{% macro x() %}{% endmacro %}",
    "{% call creditor() %}{% endcall %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% include 'x' %}",
    "{% extends 'x' %}",
    "{% block x %}{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with x = 1 %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% if total > 3 %}x{% endif %}",
    "{% if creditor == 'x' %}x{% endif %}",
    "{% if range(9) %}x{% endif %}",
    "{% raw %}{{ x }}{% endraw %}",
    "{{ nothing_like_it }}",
    "{{ creditor",
    "{% if creditor %}",
    "a }} b",
    "{total}",
    "[total]",
    "<<total>>",
    "%total%",
    "a \u202e b",
    "a \x07 b",
    "a \u200b b",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_anything_else_is_found_with_its_line_and_never_runs(body: str) -> None:
    found = check(sms(f"{{{{ creditor }}}} BAJA\n{body}"))
    blocking = [each for each in found if each.blocks]
    assert blocking
    assert 1 <= blocking[0].line <= 2
    told = in_words(blocking[0])
    for language in ("es", "en"):
        assert told["where"].in_language(language)
        assert "{" not in told["what"].in_language(language).replace("{{", "").replace("{%", "")
    with pytest.raises(Unfilled):
        said(body)


def test_too_many_blocks_within_blocks_are_refused() -> None:
    deep = "{% if total %}" * 4 + "x" + "{% endif %}" * 4
    assert any("blocks" in each.because for each in check(sms(f"{{{{ creditor }}}} BAJA {deep}")))


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (sms("Le debe BAJA"), "whose debt"),
        (sms("{% if total %}{{ creditor }}{% endif %} BAJA"), "whose debt"),
        (sms("{{ creditor }} pague"), "how to stop"),
        (sms("{{ creditor }} BAJARE"), "how to stop"),
        (sms(""), "empty"),
        (sms("{{ creditor }} BAJA " + "x" * 640), "characters"),
        (sms("{{ creditor }} BAJA {{ promise_amount }}"), "not known"),
        (sms("{{ creditor }} BAJA {{ payment_amount }}", "promise_broken"), "not known"),
        (Text("first_notice", Channel.EMAIL, "es", "", "{{ creditor }} BAJA"), "subject"),
        (Text("first_notice", Channel.EMAIL, "es", "a\nBcc: x@y.z", "{{ creditor }} BAJA"), "one line"),
        (Text("first_notice", Channel.EMAIL, "es", "{{ 7*7 }}", "{{ creditor }} BAJA"), "compute"),
        (Text("first_notice", Channel.EMAIL, "es", "x" * 151, "{{ creditor }} BAJA"), "characters"),
        (whatsapp("{{ creditor }} dice BAJA"), "begins or ends"),
        (whatsapp("Diga BAJA a {{ creditor }}"), "begins or ends"),
        (whatsapp("A {{ creditor }} {{ total }} BAJA"), "side by side"),
        (whatsapp("A {{ creditor }} {% if total %}x{% endif %} BAJA"), "fixed text"),
        (replace(whatsapp("A {{ creditor }} BAJA"), whatsapp_name=None), "approved"),
        (replace(whatsapp("A {{ creditor }} BAJA"), whatsapp_name="Con Espacio"), "approved"),
    ],
)  # fmt: skip
def test_a_message_says_what_it_has_to(text: Text, because: str) -> None:
    assert any(because in each.because for each in check(text) if each.blocks), check(text)


def test_what_costs_double_is_advice_with_its_line() -> None:
    (only,) = check(sms("{{ creditor }} BAJA, mañana después\n¡Pague ya! 😀"))
    assert (only.line, only.blocks, only.values["characters"]) == (2, False, "😀")


def test_a_text_of_ones_own_code_may_be_about_anything() -> None:
    assert check(sms("{{ creditor }} BAJA {{ promise_amount }}", "my_own")) == []


# what stands in a name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("{{ 7*7 }}", "7*7"),
        ("{% include 'x' %}", "% include 'x' %"),
        ('=HYPERLINK("http://x")', '=HYPERLINK("http://x")'),
        ("Ana\r\nBcc: other@example.com", "Ana Bcc: other@example.com"),
        ("Ana\u2028\u2029\x0b\x85Bea", "Ana Bea"),
        ("Ana\u202eaeB\u200b\ufeff", "AnaaeB"),
        ("Ana\x00\x1b[31m", "Ana [31m"),
        ("<b>Ana</b>", "bAna/b"),
        ("A" * 300, "A" * 57 + "..."),
        ("A" + "\u0301" * 300, "\u00c1\u0301"),
        ("   ", ""),
        ("Núñez  de\tla  O", "Núñez de la O"),
    ],
)  # fmt: skip
def test_a_hostile_name_is_one_harmless_line(name: str, told: str) -> None:
    assert harmless(name) == told


@pytest.mark.parametrize("body", ["{{ debtor_name }}", "{{ debtor_name | upper }}", "{{ debtor_name | title }}"])
def test_a_name_is_never_read_as_a_template(body: str) -> None:
    hostile = "{{ 7*7 }}{% for x in y %}{{ creditor }}"
    told = said("Hola " + body, debtor_name=hostile)  # even one that did not pass through `letter_values`
    assert "49" not in told
    assert "Banco" not in told
    assert not {"{", "}"} & set(told)


def test_a_name_adds_no_header_to_an_e_mail() -> None:
    text = Text("first_notice", Channel.EMAIL, "es", "Para {{ debtor_name }}", "{{ creditor }} BAJA")
    told = render(text, values(debtor_name="Ana\r\nBcc: other@example.com\r\n\r\nx" + "y" * 500), "es")
    assert told.subject is not None
    assert "\n" not in told.subject
    assert "\r" not in told.subject
    assert len(told.subject) <= 150


@given(st.text(max_size=200), st.text(max_size=80), st.text(max_size=40))
def test_whatever_a_file_holds_a_message_stays_plain(name: str, product: str, account: str) -> None:
    made = letter_values(
        debtor_name=f"A{name}",
        is_firm=False,
        creditor="Banco",
        portfolio="P",
        currency="MXN",
        country="MX",
        on=TODAY,
        debts=[(f"1{account}", product, TODAY, TOTAL, TODAY)],
    )
    for text in shipped_texts():
        if text.code != "first_notice":
            continue
        told = render(text, made, text.language)
        assert not {"{", "}", "\r", "\u202e", "\x00"} & set(told.body + (told.subject or ""))
        assert "\n" not in (told.subject or "") + "".join(told.variables)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("JUAN PÉREZ", "Juan"),
        ("María del Carmen", "María"),
        ("PÉREZ GÓMEZ, ANA MARÍA", "Ana"),
        ("de la Cruz, José", "José"),
        ("McArthur Lee", "McArthur"),
        ("DE LA O", "O"),
        ("", ""),
    ],
)
def test_a_debtor_is_called_by_the_first_name(name: str, called: str) -> None:
    assert first_name(name) == called


def test_a_firm_is_called_by_its_whole_name() -> None:
    firm = letter_values(
        debtor_name="FERRETERÍA EL SOL, S.A.",
        is_firm=True,
        creditor="B",
        portfolio="P",
        currency="MXN",
        country="MX",
        on=TODAY,
        debts=[],
    )
    assert firm.first_name == "FERRETERÍA EL SOL, S.A."


def test_every_placeholder_is_documented_and_known_to_the_values() -> None:
    known = {*Values.__dataclass_fields__} - {"country", "debts"} | {"debts_line", "debts_count", "opt_out_word"}
    assert set(PLACEHOLDERS) == known
