"""A debtor's evidence in words: the same lines for the page, the CSV file and the PDF."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from zoneinfo import ZoneInfo

from models import ContactStatus
from workbench.queries.evidence import Evidence, Happened, Stopped
from workbench.rules.evidence import Contact, Used, Verdict
from workbench.rules.law_words import CHANNELS, FACTS, Level
from workbench.rules.spreadsheets import csv_bytes
from workbench.rules.words import N_
from workbench.ui.card import STATUSES, dialable
from workbench.ui.compliance_pdf import Paper
from workbench.ui.compliance_words import cited, how_sure, period, rule_then, sentence, stored_reason
from workbench.ui.i18n import _, moment, ngettext, number, when

COUNTED = {
    Level.NOTHING: N_("does not count"),
    Level.ATTEMPT: N_("an attempt"),
    Level.DELIVERY: N_("a delivery"),
    Level.CONTACT: N_("a conversation"),
}


COLUMNS = (
    N_("When (UTC)"), N_("When, there"), N_("Portfolio"), N_("Channel"), N_("Direction"), N_("Who"), N_("To"), N_("Result"),
    N_("Note"), N_("Decision"), N_("Judged"), N_("Rule"), N_("In words"), N_("Law"), N_("Confidence"),
    N_("Law file version"), N_("Counts as"), N_("Override reason"), N_("Override by"), N_("Next lawful moment"),
)  # fmt: skip
# what one looks for first; the file keeps its own order
FIRST = ("When, there", "Channel", "Who", "Result", "Decision", "In words", "Law", "Judged", "Note", "To")


def evidence_csv(evidence: Evidence) -> bytes:
    """A row a contact or stopped attempt, oldest first."""
    rows = [line(evidence, each) for each in evidence.happened]
    return csv_bytes(columns(), [list(row.values()) for row in rows])


def columns() -> list[str]:
    """What a line says, in the order of the file."""
    return [_(name) for name in COLUMNS]


def on_screen() -> list[str]:
    """The columns as the page orders them."""
    return [_(name) for name in (*FIRST, *(each for each in COLUMNS if each not in FIRST))]


def line(evidence: Evidence, each: Happened) -> dict[str, str]:
    """One contact or stopped attempt in words, by column in the reader's language."""
    cells = _cells(evidence, each)
    return {_(name): cells.get(name, "") for name in COLUMNS}


def _cells(evidence: Evidence, each: Happened) -> dict[str, str]:
    """What a line says by column, the columns in English; those with nothing to say may be left out."""
    times = {
        "When (UTC)": f"{each.at.astimezone(UTC):%Y-%m-%d %H:%M}",
        "When, there": f"{each.at.astimezone(ZoneInfo(evidence.zone)):%Y-%m-%d %H:%M}",
    }
    if each.stopped:
        return times | _stopped_cells(evidence, each.stopped)
    assert each.contact
    return times | _contact_cells(each.contact) | _verdict_cells(evidence, each.contact, each.verdict)


def _contact_cells(contact: Contact) -> dict[str, str]:
    return {
        "Portfolio": contact.portfolio,
        "Channel": _(CHANNELS[contact.channel]),
        "Direction": _("incoming") if contact.inbound else _("outgoing"),
        "Who": contact.by or _("the system"),
        "To": dialable(contact.address or ""),
        "Result": contact.outcome,
        "Note": contact.note,
        "Counts as": _(COUNTED[contact.level]),
        "Override reason": contact.override_reason or "",
        "Override by": contact.override_by or "",
    }


def _verdict_cells(evidence: Evidence, contact: Contact, said: Verdict | None) -> dict[str, str]:
    if said is None:
        return {"Decision": _("not limited by the law")}
    rule = rule_then(evidence.places[contact.portfolio_id], said.rule or "", said.version, evidence.texts)
    return {
        "Decision": _("allowed") if said.allowed else _("not allowed"),
        "Judged": _("anew, as of today") if said.anew else _("when it was saved"),
        "Rule": said.rule or "",
        "In words": sentence(rule),
        "Law": cited(said.rule or "", said.law or ""),
        "Confidence": how_sure(said.confidence),
        "Law file version": said.version,
    }


def _stopped_cells(evidence: Evidence, stopped: Stopped) -> dict[str, str]:
    rule = rule_then(evidence.places[stopped.portfolio_id], stopped.rule, stopped.version, evidence.texts)
    again = moment(stopped.next_allowed, evidence.zone) if stopped.next_allowed else _("Waiting does not change it.")
    return {
        "Portfolio": stopped.portfolio,
        "Channel": _(CHANNELS[stopped.channel]),
        "Direction": _("outgoing"),
        "Who": stopped.by or _("the system"),
        "To": dialable(stopped.address or ""),
        "Result": _("did not happen"),
        "Decision": _("blocked"),
        "Judged": _("when it was tried"),
        "Rule": stopped.rule,
        "In words": stored_reason(stopped.because, rule, evidence.zone),
        "Law": cited(stopped.rule, stopped.law),
        "Confidence": how_sure(stopped.confidence),
        "Law file version": stopped.version,
        "Counts as": _(COUNTED[Level.NOTHING]),
        "Next lawful moment": again,
    }


def fact_lines(evidence: Evidence) -> Iterator[str]:
    """What is known of the debtor that decides over contacts, their wishes, and addresses not to be used."""
    for name, value in evidence.facts.items():
        yield f"{_(FACTS.get(name, name))}: {_value(value)}"
    for address, status in evidence.unusable:
        yield f"{dialable(address)}: {_(STATUSES[ContactStatus(status)])}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def limit_lines(evidence: Evidence) -> Iterator[str]:
    """What of each limit of number is used up now."""
    for used in evidence.limits:
        yield _limit(evidence, used)


def _limit(evidence: Evidence, used: Used) -> str:
    each = used.allowance
    count = _("{used} of {max} used", used=number(each.used), max=number(each.max))
    until = f", {_('until {day}', day=when(each.ends, evidence.zone))}" if each.ends else ""
    return f"{sentence(each.rule)} ({cited(each.rule.id, each.rule.citation)}) {period(each.per)}: {count}{until}"


def notes(evidence: Evidence) -> Iterator[str]:
    """What a reader has to know about the list itself."""
    if any(each.verdict and each.verdict.anew for each in evidence.happened):
        yield _(
            "Contacts saved before decisions were stored are judged anew, by the law file and the facts of today, and say so."
        )
    if evidence.elsewhere:
        yield ngettext(
            "{n} contact of another team's portfolio is counted and not listed",
            "{n} contacts of other teams' portfolios are counted and not listed",
            evidence.elsewhere,
        )


def on_paper(evidence: Evidence, made: str) -> Paper:
    """The evidence as the PDF is laid out."""
    versions = ", ".join(f"{country} {digest}" for country, digest in evidence.versions.items())
    return Paper(
        title=_("Evidence of contacts"),
        heads=(
            (_("Creditor"), evidence.creditor),
            (_("Portfolio"), ", ".join(evidence.portfolios)),
            (_("Debtor"), f"{evidence.name} · {evidence.reference}"),
            (_("Time zone of the debtor"), evidence.zone),
            (_("Law file version"), versions),
        ),
        made=made,
        foot=f"{evidence.creditor} · {evidence.reference}",
        sections=(
            (_("Facts and wishes of the debtor"), tuple(fact_lines(evidence)) or (_("None is recorded."),)),
            (
                _("Limits of number, as of now"),
                tuple(limit_lines(evidence)) or (_("No limit of number binds this debtor."),),
            ),
        ),
        notes=(*notes(evidence), _("Not legal advice")),
        columns=(_("When"), _("Contact"), _("Result"), _("Decision"), _("Override")),
        rows=tuple(_printed(_cells(evidence, each)) for each in evidence.happened),
        empty=_("Nobody has tried to reach this debtor yet."),
        page=_("Page {n} of {m}"),
    )


def _printed(cells: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """A line's cells, each of short lines; the first of them stands out."""

    def said(*names: str) -> str:
        return " · ".join(filter(None, (cells.get(name) for name in names)))

    columns = (
        (said("When, there"), f"{said('When (UTC)')} UTC"),
        (said("Channel", "Direction"), said("Who"), said("To"), said("Portfolio")),
        (said("Result"), said("Note"), f"{_('Counts as')}: {said('Counts as')}"),
        (
            said("Decision"),
            said("In words"),
            said("Law", "Confidence"),
            said("Rule", "Law file version"),
            said("Judged"),
            said("Next lawful moment"),
        ),
        (said("Override reason"), said("Override by")),
    )
    return tuple(tuple(filter(None, column)) for column in columns)
