"""Names, accounts, notes and texts that want to be code: through the import to the provider, the files and the pages."""

import csv
import io
import json
import re
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select
from streamlit.testing.v1 import AppTest

from models import AuditEntry, Debtor, Message, Strategy, Template
from models.interactions import Channel
from models.messages import MessageState
from tests.actions.books import publish, segment, step
from tests.actions.test_inbound import says, told
from tests.cast import NOW, Cast, owe
from tests.channels.conftest import configured
from tests.letters import approve, email_of
from tests.messages.stage import Left, local, night, send
from tests.providers import MailServer, MetaAndTwilio
from tests.queries.written import written
from workbench import db
from workbench.actions import worklist
from workbench.actions.imports import ImportFile, open_file, save_import
from workbench.actions.planning import dry_run
from workbench.actions.strategies import create_draft, save_draft
from workbench.channels.adapters import adapter_for
from workbench.channels.letters import Sent
from workbench.queries.outbox import Wanted
from workbench.rules.names import fold
from workbench.rules.refusals import Refused
from workbench.rules.spreadsheets import csv_bytes, safe_cell
from workbench.rules.strategies import read_definition
from workbench.ui import access, i18n
from workbench.ui.compliance_evidence import evidence_file
from workbench.ui.outbox_file import outbox_file

PAGES = Path(__file__).parents[2] / "pages"
HOSTILE = {
    "sql": "Robert'); DROP TABLE message;--",
    "sql in a like": "%' OR 1=1 /* _ */",
    "a class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "a loop": "{% for x in range(9) %}x{% endfor %}",
    "a placeholder": "{{ debtor_name }} {{ total }}",
    "an open brace": "{{ {% {#",
    "a format": "%s %(name)s {0} {total} ${HOME} $(id) `id`",
    "a link": '=HYPERLINK("http://evil.example","x")',
    "a plus": "+1+1",
    "a minus": "-2+3",
    "an at": "@SUM(A1)",
    "a script": "<script>alert(1)</script>",
    "a picture": '"><img src=x onerror=alert(1)>',
    "a header": "Ana\r\nBcc: all@evil.example\r\n\r\nHola",
    "a line feed": "Ana\nSubject: otra cosa",
    "right to left": "Ana \u202egpj.exe\u202c",
    "very long": "Ñandú " * 700,
    "emoji": "😀👩‍👩‍👧 Ana",
    "markdown": "[Ana](javascript:alert(1)) ![x](http://evil.example/p.png) :material/delete: $x$",
}  # fmt: skip
RAN = ("<class", "subclasses()", "xxxxxxxxx", "root:", "uid=", "alert(1)>x")
HEAD = ["Cliente", "Nombre", "Cuenta", "Producto", "Factura", "Vencimiento", "Saldo", "Ciudad", "Telefono", "Correo"]


def a_file() -> bytes:
    """A creditor's file with every hostile text as name, account, product, invoice and city."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(HEAD)
    for number, hostile in enumerate(HOSTILE.values()):
        phone, mail = f"+5255{51000000 + number}", f"deudor{number}@tienda.mx"
        ids = [f"C{number}", hostile, f"{hostile[:60]} {number}", hostile[:80], f"F{number}{hostile[:20]}"]
        writer.writerow([*ids, "15/11/2026", "1500.50", hostile[:80], phone, mail])
    return file.getvalue().encode()


def bring(session: Session, cast: Cast) -> None:
    file = ImportFile("=cmd|' /C calc'!A0.csv", a_file())
    intake = open_file(session, None, cast.mexico.id or 0, file, at=NOW)
    report = save_import(session, intake, by=None, at=NOW)
    assert report.saved
    session.flush()


def hostile_strategy(channel: Channel) -> dict[str, Any]:
    """Everybody by their names in its conditions, and every field hostile that takes words."""
    some = [each[:80].strip() for each in HOSTILE.values() if "\n" not in each][:20]
    first = step("first", 1, channel.value, template="first_notice", valid_days=30) | {"name": HOSTILE["sql"]}
    named = segment(first, code="named", when={"cities": some}) | {"name": HOSTILE["a script"]}
    return {"segments": [named, segment(first, code="others") | {"name": "{{ 7*7 }}"}]}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.WHATSAPP])
def test_hostile_files_arrive_as_text_at_the_providers(
    session: Session, cast: Cast, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(session, cast)
    publish(session, cast.mexico, hostile_strategy(channel))
    assert night(session, cast.mexico, local(cast.mexico, "2026-11-18T02:30")).held == {}
    left = send(session, local(cast.mexico, "2026-11-18T10:00"))
    held = session.exec(select(Message.held).where(Message.state != MessageState.SENT)).all()
    assert (held, len(left)) == ([], len(HOSTILE))
    with MailServer() as post_office, MetaAndTwilio() as provider:
        adapter = adapter_for(channel, configured(monkeypatch, **provider.settings() | post_office.settings()))
        for each in left:
            sent = adapter.send(each.outgoing)
            assert isinstance(sent, Sent)
        taken = (post_office if channel is Channel.EMAIL else provider).tally.taken
        assert len(taken) == len(left)
        for each, call in zip(left, taken, strict=True):
            arrived = letter(call.carried["raw"]) if channel is Channel.EMAIL else json.dumps(call.carried)
            assert not any(sign in arrived for sign in RAN)
            says_the_name(session, each)
    assert session.execute(text("SELECT count(*) FROM message")).scalar_one() == len(HOSTILE)


def letter(raw: bytes) -> str:
    """The text of a letter that has the headers we write and no other."""
    found = message_from_bytes(raw, policy=default)
    names = Counter(name.lower() for name in found)
    assert "bcc" not in names
    assert [name for name in ("subject", "from", "to", "message-id") if names[name] != 1] == []
    assert "evil.example" not in str(found["To"]) + str(found["From"])
    for line in raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        assert re.match(rb"[A-Za-z-]+:|[ \t]", line), line
    return str(found.get_content())


def plain(told: str) -> str:
    """The letters and digits, which nothing takes out of a name."""
    return "".join(each for each in fold(told) if each.isalnum())


def says_the_name(session: Session, left: Left) -> None:
    """What was in the file stands in the message as it was typed, on one line."""
    message = session.get_one(Message, left.message_id)
    name = session.get_one(Debtor, message.debtor_id).name
    assert plain(name.split()[0])[:40] in plain(left.outgoing.body)
    assert len(left.outgoing.body) < 6_000
    assert "\n" not in (left.outgoing.subject or "")
    assert "\r" not in (left.outgoing.subject or "")


def test_sql_in_a_file_is_found_as_text(session: Session, cast: Cast) -> None:
    bring(session, cast)
    names = {each.reference: each.name for each in session.exec(select(Debtor))}
    assert names["C0"] == HOSTILE["sql"]
    assert names["C1"] == HOSTILE["sql in a like"]
    folded = session.exec(select(Debtor.folded_name).where(Debtor.reference == "C0")).one()
    assert folded == fold(HOSTILE["sql"])


@pytest.mark.parametrize("name", HOSTILE, ids=list(HOSTILE))
def test_a_hostile_creditor_is_only_a_name_in_header_and_text(
    session: Session, cast: Cast, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The creditor's name stands in the subject of every letter."""
    session.execute(text("UPDATE creditor SET name = :name"), {"name": HOSTILE[name]})
    publish(session, cast.mexico, {"segments": [segment(step("first", 1, "email", template="first_notice"))]})
    item = owe(session, cast.mexico, name="Rosa Pérez", days_past_due=3)
    email_of(session, item)
    night(session, cast.mexico, local(cast.mexico, "2026-11-18T02:30"))
    (left,) = send(session, local(cast.mexico, "2026-11-18T10:00"))
    with MailServer() as post_office:
        adapter_for(Channel.EMAIL, configured(monkeypatch, **post_office.settings())).send(left.outgoing)
        raw = post_office.tally.last.carried["raw"]
    arrived = letter(raw)
    assert not any(sign in arrived for sign in RAN)
    assert plain(HOSTILE[name].split()[0])[:40] in plain(arrived)


TEXTS = [
    "{{ ''.__class__ }}",
    "{{ debtor_name.__class__.__mro__ }}",
    "{{ debts[0].amount.__init__.__globals__ }}",
    "{% for x in range(99999999) %}x{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% set x = 1 %}{{ x }}",
    "{{ self }}",
    "{{ cycler.__init__ }}",
    "{{ lipsum }}",
    "{{ total|attr('__class__') }}",
    "{{ 'x' * 99999999 }}",
    "{{ debtor }}",
    "{{ debtor_name | map('attr', '__class__') | list }}",
    "{% macro x() %}{% endmacro %}",
    "{{ debtor_name",
    "{% raw %}{{ x }}",
    "{{ debtor_name() }}",
    "{{ _place }}",
    "{{ debtor_name.format(x) }}",
]


@pytest.mark.parametrize("body", TEXTS)
def test_a_hostile_text_is_refused_and_would_not_leave(session: Session, cast: Cast, body: str) -> None:
    """Refused when it is written; and one that came into the table past every check fails, and says nothing."""
    approve(session, code="evil", channel=Channel.SMS, body="{{ creditor }} {{ total }} " + body)
    publish(session, cast.mexico, {"segments": [segment(step("first", 1, "sms", template="evil"))]})
    item = owe(session, cast.mexico, days_past_due=3)
    night(session, cast.mexico, local(cast.mexico, "2026-11-18T02:30"))
    assert send(session, local(cast.mexico, "2026-11-18T10:00")) == []
    message = session.exec(select(Message).where(Message.case_id == item.case_id)).one()
    assert (message.state, message.body) == (MessageState.FAILED, None)
    assert (message.held or {})["code"] == "unfilled"
    shipped = session.exec(select(Template).where(Template.code == "first_notice", Template.channel == "sms")).first()
    assert shipped is not None


DEFINITIONS: list[dict[str, Any]] = [
    {"segments": [segment(step("x'; DROP TABLE message;--", 1, "sms"))]},
    {"segments": [segment(step("{{ 7*7 }}", 1, "sms"))]},
    {"segments": [segment(step("first", 1, "sms", template="../../etc/passwd"))]},
    {"segments": [segment(step("first", 1, "sms", template="{{ x }}"))]},
    {"segments": [segment(step("first", 1, "sms; rm"))]},
    {"segments": [segment(step("first", 1, "sms"), code="=cmd")]},
    {"segments": [segment(step("first", 1, "sms"), when={"stages": ["1 OR 1=1"]})]},
    {"segments": [segment(step("first", 1, "sms"), when={"amount": {"least": "1; DROP"}})]},
    {"segments": [segment(step("first", 1, "sms"))], "__class__": "x"},
    {"segments": [segment(step("first", 1, "sms", at="25:61"))]},
    {"segments": [segment(step("first", 10**30, "sms"))]},
    {"segments": [segment(step("first", 1, "sms"), held_out=float("nan"))]},
]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=range(len(DEFINITIONS)))
def test_a_hostile_strategy_is_refused_in_words(session: Session, cast: Cast, definition: dict[str, Any]) -> None:
    strategy = create_draft(session, cast.marta, cast.mexico.id or 0, at=NOW)
    with pytest.raises(Refused):
        save_draft(session, cast.marta, strategy.id or 0, definition, at=NOW)


def test_hostile_words_of_a_strategy_stay_words(session: Session, cast: Cast) -> None:
    bring(session, cast)
    strategy = create_draft(session, cast.marta, cast.mexico.id or 0, at=NOW)
    wanted = hostile_strategy(Channel.SMS)
    save_draft(session, cast.marta, strategy.id or 0, wanted, at=NOW)
    kept = session.get_one(Strategy, strategy.id).definition
    assert kept["segments"][0]["name"] == HOSTILE["a script"]
    at = local(cast.mexico, "2026-11-18T02:30")
    dry = dry_run(session, cast.marta, cast.mexico.id or 0, read_definition(kept), on=at.date(), at=at)
    assert dry.messages == len(HOSTILE)
    named = {row["segment"] for row in dry.rows.to_dict("records")}
    assert named == {"named", "others"}


# what spreadsheets begin a formula with, wide signs too, and what they skip before it
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
RUNS = re.compile(f"[\\s\ufeff\u200b]*[{re.escape(SIGNS)}]")
BEFORE = ["", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\ufeff", "\u200b", "x;", "x; ", "x\n", "x;\n ", "=x;"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_begins_a_formula(before: str, sign: str) -> None:
    """Also where a spreadsheet of a country with decimal commas splits the line at semicolons."""
    cell = safe_cell(f"{before}{sign}1+1")
    assert [part for part in re.split(r"[;\r\n]", cell) if RUNS.match(part)] == []
    assert cell.replace("'", "") == f"{before}{sign}1+1"
    assert csv_bytes(["x"], [[cell]]).decode("utf-8-sig").startswith("x\r\n")


def cells(file: bytes) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")) for cell in row]


def test_the_files_of_the_outbox_and_of_the_evidence_hold_no_formula(
    fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "now", lambda: NOW + timedelta(hours=1))
    with db.transaction() as session:
        items = [
            owe(session, fresh_cast.mexico, name=each, phone=f"+5255500000{n:02}", days_past_due=3)
            for n, each in enumerate(HOSTILE.values())
        ]
        publish(session, fresh_cast.mexico, hostile_strategy(Channel.SMS))
        cases = [item.case_id for item in items]
        for n, each in enumerate(HOSTILE.values()):
            told(session, says(each, sender=f"+5255500000{n:02}", at=NOW), at=NOW)
        for item, each in zip(items, HOSTILE.values(), strict=True):
            written(session, item, body=each, error=each, template_code=each[:40], provider=each[:30])
    token = i18n._spoken.set("en")
    wanted = Wanted(fresh_cast.mexico.id or 0, NOW - timedelta(days=7), NOW + timedelta(days=7))
    files = [outbox_file(fresh_cast.sofia.user_id, wanted)]
    files += [evidence_file(fresh_cast.marta.user_id, case_id, "csv") for case_id in cases]
    papers = [evidence_file(fresh_cast.marta.user_id, case_id, "pdf") for case_id in cases[:3]]
    i18n._spoken.reset(token)
    assert all(paper.startswith(b"%PDF") for paper in papers)
    for file in files:
        bad = [cell for cell in cells(file) if RUNS.match(cell)]
        assert bad == []
    everything = "".join(cells(files[0]))
    assert "HYPERLINK" in everything
    assert "DROP TABLE" in everything
    with db.reading() as session:
        taken = session.exec(select(AuditEntry.deed).where(col(AuditEntry.deed).like("export%"))).all()
    assert len(taken) == len(files) + len(papers)


def test_nothing_that_was_typed_is_markup_on_a_page(fresh_cast: Cast, page_as: Any) -> None:
    token = i18n._spoken.set("en")
    evil = HOSTILE["a script"] + HOSTILE["a picture"]
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name=evil, phone="+525550000001", days_past_due=3)
        session.execute(text("UPDATE debtor SET city = :evil, region = :evil, address = :evil"), {"evil": evil})
        session.execute(text("UPDATE account SET number = :evil, product = :evil"), {"evil": evil})
        session.execute(text("UPDATE portfolio SET name = name || :evil"), {"evil": evil})
        publish(session, fresh_cast.mexico, hostile_strategy(Channel.SMS))
        create_draft(session, fresh_cast.marta, fresh_cast.mexico.id or 0, at=NOW)
        mine = written(session, item, body=evil, error=evil, subject=evil, channel=Channel.EMAIL).id
        told(session, says(evil, sender="+525550000001", at=NOW), at=NOW)
        told(session, says(evil, sender="+525599999999", at=NOW), at=NOW)
        worklist.claim_case(session, fresh_cast.ana, item.case_id, at=NOW)
    seen = {
        "my_queue": page_as(str(PAGES / "my_queue.py"), fresh_cast.ana),
        "outbox": page_as(str(PAGES / "outbox.py"), fresh_cast.sofia),
        "strategies": page_as(str(PAGES / "strategies.py"), fresh_cast.marta),
        "templates": page_as(str(PAGES / "templates.py"), fresh_cast.marta),
        "channel_effectiveness": page_as(str(PAGES / "channel_effectiveness.py"), fresh_cast.marta),
        "operations": page_as(str(PAGES / "operations.py"), fresh_cast.alma),
    }
    page = page_as(str(PAGES / "outbox.py"), fresh_cast.sofia)
    page.query_params["message"] = str(mine)
    seen["a message"] = page.run()
    i18n._spoken.reset(token)
    for name, each in seen.items():
        assert not each.exception, (name, each.exception)
        drawn = markup(each)
        assert "<script" not in drawn, name
        assert "<img src=x" not in drawn, name
    assert "&lt;script&gt;" in markup(seen["my_queue"])
    assert "&lt;script&gt;" in markup(seen["a message"])


def markup(page: AppTest) -> str:
    """What the page draws as HTML: our own pieces, and the Markdown that was allowed to hold some."""
    drawn = [each.proto.body for each in page.get("html")]
    drawn += [each.value for each in page.markdown if each.allow_html]
    return "\n".join(drawn)
