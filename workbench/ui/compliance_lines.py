"""A debtor's evidence in words: the same lines for the page, the CSV file and the PDF."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from models import ContactStatus
from workbench.queries.evidence import Evidence, Happened
from workbench.rules.evidence import Contact, Used, Verdict
from workbench.rules.law_words import Level
from workbench.rules.spreadsheets import csv_bytes
from workbench.rules.words import N_
from workbench.ui.card import STATUSES, dialable
from workbench.ui.compliance_pdf import Paper
from workbench.ui.compliance_words import (
    CHANNELS,
    FACT_WORDS,
    PERIODS,
    cited,
    how_sure,
    rule_then,
    sentence,
    stored_reason,
)
from workbench.ui.i18n import _, moment, ngettext, number, when

COUNTED = {
    Level.NOTHING: N_("does not count"),
    Level.ATTEMPT: N_("an attempt"),
    Level.DELIVERY: N_("a delivery"),
    Level.CONTACT: N_("a conversation"),
}


def evidence_csv(evidence: Evidence) -> bytes:
    """A row a contact or stopped attempt, oldest first."""
    rows = [line(evidence, each) for each in evidence.happened]
    return csv_bytes(columns(), [list(row.values()) for row in rows])


def columns() -> list[str]:
    """What a line says, in order."""
    return [
        _("When (UTC)"), _("When, there"), _("Portfolio"), _("Channel"), _("Direction"), _("Who"), _("To"), _("Result"),
        _("Note"), _("Decision"), _("Judged"), _("Rule"), _("In words"), _("Law"), _("Confidence"),
        _("Law file version"), _("Counts as"), _("Override reason"), _("Override by"), _("Next lawful moment"),
    ]  # fmt: skip


def on_screen() -> list[str]:
    """The same columns with what one looks for first; the file keeps its own order."""
    first = [
        _("When, there"),
        _("Channel"),
        _("Who"),
        _("Result"),
        _("Decision"),
        _("In words"),
        _("Law"),
        _("Judged"),
        _("Note"),
        _("To"),
    ]
    return [*first, *(column for column in columns() if column not in first)]


def line(evidence: Evidence, each: Happened) -> dict[str, str]:
    """One contact or stopped attempt in words, by column."""
    cells = _contact_cells(evidence, each.contact, each.verdict) if each.contact else _stopped_cells(evidence, each)
    times = [
        f"{each.at.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M}",
        f"{each.at.astimezone(ZoneInfo(evidence.zone)):%Y-%m-%d %H:%M}",
    ]
    return dict(zip(columns(), [*times, *cells], strict=True))


def _contact_cells(evidence: Evidence, contact: Contact, said: Verdict | None) -> list[str]:
    direction = _("incoming") if contact.inbound else _("outgoing")
    cells = [
        contact.portfolio,
        _(CHANNELS[contact.channel]),
        direction,
        contact.by or _("the system"),
        dialable(contact.address or ""),
    ]
    cells += [contact.outcome, contact.note]
    if said is None:
        cells += [_("not limited by the law"), *[""] * 6]
    else:
        rule = rule_then(evidence.places[contact.portfolio_id], said.rule or "", said.version, evidence.texts)
        cells += [
            _("allowed") if said.allowed else _("not allowed"),
            _("anew, as of today") if said.anew else _("when it was saved"),
            said.rule or "",
            sentence(rule),
            cited(said.rule or "", said.law or ""),
            how_sure(said.confidence),
            said.version,
        ]
    return [*cells, _(COUNTED[contact.level]), contact.override_reason or "", contact.override_by or "", ""]


def _stopped_cells(evidence: Evidence, each: Happened) -> list[str]:
    stopped = each.stopped
    assert stopped is not None
    rule = rule_then(evidence.places[stopped.portfolio_id], stopped.rule, stopped.version, evidence.texts)
    reason = stored_reason(stopped.because, rule, evidence.zone)
    again = moment(stopped.next_allowed, evidence.zone) if stopped.next_allowed else _("waiting does not help")
    return [
        stopped.portfolio, _(CHANNELS[stopped.channel]), _("outgoing"), stopped.by or _("the system"),
        dialable(stopped.address or ""), _("did not happen"), "", _("blocked"), _("when it was tried"), stopped.rule, reason,
        cited(stopped.rule, stopped.law), how_sure(stopped.confidence), stopped.version, _(COUNTED[Level.NOTHING]), "", "", again,
    ]  # fmt: skip


def fact_lines(evidence: Evidence) -> Iterator[str]:
    """What is known of the debtor that decides over contacts, their wishes, and addresses not to be used."""
    for name, value in evidence.facts.items():
        yield f"{_(FACT_WORDS[name]) if name in FACT_WORDS else name}: {_value(value)}"
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
    period = _(PERIODS[each.per]) if each.per in PERIODS else _("In {days} days", days=each.per.split()[0])
    count = _("{used} of {max} used", used=number(each.used), max=number(each.max))
    until = f", {_('until {day}', day=when(each.ends, evidence.zone))}" if each.ends else ""
    return f"{sentence(each.rule)} ({cited(each.rule.id, each.rule.citation)}) {period}: {count}{until}"


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
        rows=tuple(_printed(line(evidence, each)) for each in evidence.happened),
        empty=_("Nobody has tried to reach this debtor yet."),
        page=_("Page {n} of {m}"),
    )


def _printed(said: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    """A line's cells, each of short lines; the first of them stands out."""
    utc, there, *rest = said.values()
    (
        portfolio,
        channel,
        direction,
        who,
        to,
        result,
        note,
        decision,
        judged,
        rule,
        words,
        law,
        sure,
        version,
        counts,
        why,
        by,
        again,
    ) = rest
    return (
        (there, f"{utc} UTC"),
        tuple(filter(None, (f"{channel} · {direction}", who, to, portfolio))),
        tuple(filter(None, (result, note, f"{_('Counts as')}: {counts}"))),
        tuple(
            filter(
                None,
                (decision, words, " · ".join(filter(None, (law, sure))), rule and f"{rule} · {version}", judged, again),
            )
        ),
        tuple(filter(None, (why, by))),
    )
