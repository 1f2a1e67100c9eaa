"""Everything that was done to reach one debtor, in order, for whoever has to answer a regulator's complaint."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Channel
from workbench.queries.contact_history import OUTCOME
from workbench.queries.contact_rules import places
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Known, Place
from workbench.rules.evidence import Contact, Used, Verdict, limits_used, verdict
from workbench.rules.law_versions import version_of
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Stopped:
    """An attempt that was not allowed and did not happen, as it was stored."""

    at: datetime
    portfolio_id: int
    portfolio: str
    channel: Channel
    by: str | None
    address: str | None
    rule: str
    law: str
    confidence: str
    version: str
    because: Mapping[str, Any]
    next_allowed: datetime | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the evidence: a contact with its verdict, or an attempt that was stopped."""

    at: datetime
    contact: Contact | None
    verdict: Verdict | None
    stopped: Stopped | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A debtor's whole contact history in the portfolios the viewer may see, oldest first.

    `elsewhere` is how many contacts lie in portfolios the viewer may not see: the law counts them, this does not list
    them. `unusable` are addresses not to be used any more, with their status. `versions` are the law files of now,
    `texts` those of other versions that decided, by digest, as far as they were kept.
    """

    debtor_id: int
    case_id: int
    name: str
    reference: str
    creditor: str
    portfolios: tuple[str, ...]
    place: Place
    places: Mapping[int, Place]
    zone: str
    facts: Mapping[str, Any]
    unusable: tuple[tuple[str, str], ...]
    versions: Mapping[str, str]
    texts: Mapping[str, str]
    happened: tuple[Happened, ...]
    limits: tuple[Used, ...]
    elsewhere: int


def evidence_of(session: Session, who: Viewer, case_id: int, *, at: datetime) -> Evidence:
    """The evidence about the debtor of a case; refused, as if it did not exist, outside the viewer's portfolios."""
    who.require(Permission.EXPORT_EVIDENCE)
    visible = list(who.portfolio_ids)
    debtor = session.execute(_DEBTOR, {"case": case_id, "visible": visible}).first()
    if debtor is None:
        raise Refused("There is nothing here that you may see.")
    asked = {"debtor": debtor.id, "visible": visible, "spanish": who.language == "es"}
    contacts = [Contact(**_read(row)) for row in session.execute(_CONTACTS, asked).mappings()]
    stopped = [Stopped(**_read(row)) for row in session.execute(_STOPPED, asked).mappings()]
    where = places(session, visible)
    known = Known(debtor.time_zone, debtor.region, debtor.contact_facts)
    listed = [each for each in contacts if each.portfolio_id in who.portfolio_ids]
    place = where[debtor.portfolio_id]
    happened = [
        Happened(each.at, each, verdict(each, contacts, where[each.portfolio_id], known), None) for each in listed
    ]
    happened += [Happened(each.at, None, None, each) for each in stopped]
    decided = {each.verdict.version for each in happened if each.verdict} | {each.version for each in stopped}
    texts = session.execute(_TEXTS, {"versions": list(decided)})
    return Evidence(
        debtor_id=debtor.id,
        case_id=case_id,
        name=debtor.name,
        reference=debtor.reference,
        creditor=debtor.creditor,
        portfolios=tuple(debtor.portfolios),
        place=place,
        places=where,
        zone=debtor.time_zone,
        facts=debtor.contact_facts,
        unusable=tuple((value, status) for value, status in debtor.unusable),
        versions={each: version_of(each) for each in sorted(_countries(place, where, listed))},
        texts={row.digest: row.content for row in texts},
        happened=tuple(sorted(happened, key=lambda each: each.at)),
        limits=tuple(limits_used(contacts, place, known, case_id=case_id, at=at)),
        elsewhere=len(contacts) - len(listed),
    )


def _countries(place: Place, where: Mapping[int, Place], listed: list[Contact]) -> set[str]:
    return {place.country} | {where[each.portfolio_id].country for each in listed}


def _read(row: Mapping[Any, Any]) -> dict[str, Any]:
    return dict(row) | {"channel": Channel(row["channel"])}


_DEBTOR = text("""
    SELECT d.id, d.name, d.reference, d.time_zone, d.region, d.contact_facts, c.name AS creditor, k.portfolio_id,
        ARRAY(SELECT p.name FROM collection_case t JOIN portfolio p ON p.id = t.portfolio_id
              WHERE t.debtor_id = d.id AND p.id = ANY(:visible) ORDER BY p.name) AS portfolios,
        (SELECT coalesce(json_agg(json_build_array(value, status) ORDER BY id), '[]') FROM contact_point
         WHERE debtor_id = d.id AND status <> 'active') AS unusable
    FROM collection_case k JOIN debtor d ON d.id = k.debtor_id JOIN creditor c ON c.id = d.creditor_id
    WHERE k.id = :case AND k.portfolio_id = ANY(:visible)
""")
# all of the debtor's contacts, because the law counts them all; what may not be seen is dropped before it is shown
_CONTACTS = text(f"""
    SELECT i.started_at AS at, i.portfolio_id, p.name AS portfolio, i.case_id, i.channel,
        i.direction = 'inbound' AS inbound, u.name AS by, a.value AS address,
        CASE WHEN :spanish THEN x.label_es ELSE x.label_en END AS outcome, i.note, x.counts_attempt AS counts,
        {OUTCOME.format(d="x")} AS came, i.decision AS stored, i.override_reason, o.name AS override_by
    FROM collection_case k
    JOIN interaction i ON i.case_id = k.id
    JOIN disposition x ON x.code = i.disposition_code
    JOIN portfolio p ON p.id = i.portfolio_id
    LEFT JOIN app_user u ON u.id = i.user_id
    LEFT JOIN app_user o ON o.id = i.override_by
    LEFT JOIN contact_point a ON a.id = i.contact_point_id
    WHERE k.debtor_id = :debtor ORDER BY i.started_at, i.id
""")
_STOPPED = text("""
    SELECT b.at, b.portfolio_id, p.name AS portfolio, b.channel, u.name AS by, a.value AS address, b.rule, b.law,
        b.confidence, b.version, b.because, b.next_allowed
    FROM blocked_contact b
    JOIN portfolio p ON p.id = b.portfolio_id
    LEFT JOIN app_user u ON u.id = b.user_id
    LEFT JOIN contact_point a ON a.id = b.contact_point_id
    WHERE b.debtor_id = :debtor AND b.portfolio_id = ANY(:visible) ORDER BY b.at, b.id
""")
_TEXTS = text("SELECT digest, content FROM law_version WHERE digest = ANY(:versions)")
