"""What is known of a debtor that decides over contacts: a lawsuit served, an opt-out, hours they asked for."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlmodel import Session

from models.interactions import Channel
from workbench.actions import audit
from workbench.actions.contact_holds import hold
from workbench.rules.access import Permission, Viewer
from workbench.rules.law_words import FACTS, FACTS_ALSO
from workbench.rules.refusals import Refused

WORDS = frozenset({"product", "customer_requested", "request_instrument"})  # facts that are a word; most are yes or no


def set_facts(session: Session, who: Viewer, debtor_id: int, facts: Mapping[str, Any], *, at: datetime) -> None:
    """Writes down what is known of a debtor; a fact given as none is taken away, the others stay.

    All of the debtor's items are held or freed at once.
    """
    who.require(Permission.SET_CONTACT_FACTS)
    known = session.execute(_KNOWN, {"debtor": debtor_id, "visible": list(who.portfolio_ids)}).scalar()
    if known is None:
        raise Refused("There is nothing here that you may see.")
    given = {FACTS_ALSO.get(name, name): value for name, value in facts.items()}
    for name, value in given.items():
        _check(name, value)
    kept = {name: value for name, value in {**known, **given}.items() if value is not None}
    if kept == known:
        return
    session.execute(_SET, {"debtor": debtor_id, "facts": Jsonb(kept)})
    changed = {
        name: {"from": known.get(name), "to": value} for name, value in given.items() if known.get(name) != value
    }
    audit.log(session, "set_contact_facts", "debtor", debtor_id, by=who.user_id, at=at, **changed)
    hold(session, [debtor_id], at=at)


def _check(name: str, value: Any) -> None:
    if name not in FACTS:
        raise Refused("There is no fact “{name}”; known are: {known}.", name=name, known=", ".join(FACTS))
    if value is not None and not _fits(name, value):
        raise Refused("“{value}” does not fit the fact “{name}”.", value=value, name=name)


def _fits(name: str, value: Any) -> bool:
    if name == "consumer_requested_window":
        return isinstance(value, list | tuple) and len(value) == 2 and _minutes(value[0]) < _minutes(value[1])
    if name == "authorised_channels":
        return isinstance(value, list | tuple) and set(value) <= {channel.value for channel in Channel}
    return isinstance(value, str) and bool(value.strip()) if name in WORDS else isinstance(value, bool)


def _minutes(clock: Any) -> float:
    try:
        read = time.fromisoformat(str(clock))
    except ValueError:
        return float("nan")  # compares with nothing
    return read.hour * 60 + read.minute


_KNOWN = text("""
    SELECT d.contact_facts FROM debtor d WHERE d.id = :debtor
      AND EXISTS (SELECT FROM collection_case c WHERE c.debtor_id = d.id AND c.portfolio_id = ANY(:visible))
    FOR NO KEY UPDATE
""")
_SET = text("UPDATE debtor SET contact_facts = :facts WHERE id = :debtor")
