"""Why a message waits or was held back: a code with its values, and the words a person reads.

Kept in `message.held` as {"code", "params", "rule", "law", "msgid"}; the last three only where the law decided.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from models.messages import MessageState
from workbench.rules.contact_law import Decision
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_reasons import cited
from workbench.rules.law_schema import LawRule
from workbench.rules.message_states import NAMES
from workbench.rules.words import N_, translate


class Code(StrEnum):
    """What held a message back."""

    PAID = "paid"
    PROMISED = "promised"
    PAUSED = "paused"
    DISPUTED = "disputed"
    OPTED_OUT = "opted_out"
    ENDED = "ended"
    NO_POINT = "no_point"
    NO_TEMPLATE = "no_template"
    LAW = "law"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
    NOT_STARTED = "not_started"
    GAP = "gap"
    NO_CHANNEL = "no_channel"
    HELD_OUT = "held_out"
    UNFILLED = "unfilled"
    WINDOW_CLOSED = "window_closed"
    BY_PERSON = "by_person"
    STOP_WORD = "stop_word"
    REPLIED = "replied"
    PROVIDER = "provider"


WORDS: dict[Code, str] = {
    Code.PAID: N_("Nothing is owed any more."),
    Code.PROMISED: N_("There is an open promise to pay."),
    Code.PAUSED: N_("The case is paused."),
    Code.DISPUTED: N_("The debt is disputed."),
    Code.OPTED_OUT: N_("The debtor does not want messages on this channel."),
    Code.ENDED: N_("The case has ended."),
    Code.NO_POINT: N_("There is no number or address that can be used."),
    Code.NO_TEMPLATE: N_("There is no approved template for it."),
    Code.LAW: N_("The law does not allow it."),
    Code.EXPIRED: N_("Its time had passed before it could leave."),
    Code.OVERTAKEN: N_("What it was about has changed since."),
    Code.NOT_STARTED: N_("No step is due yet."),
    Code.GAP: N_("It is too soon after the message before."),
    Code.NO_CHANNEL: N_("None of the step's channels can be used."),
    Code.HELD_OUT: N_("The debtor belongs to the group that gets no messages, for comparison."),
    Code.UNFILLED: N_("The template asks for something that is not known: {name}."),
    Code.WINDOW_CLOSED: N_("The debtor has not written in the last 24 hours, and there is no approved template."),
    Code.BY_PERSON: N_("Cancelled by a person: {reason}"),
    Code.STOP_WORD: N_("The debtor asked for no more messages."),
    Code.REPLIED: N_("The debtor has written and waits for an answer."),
    Code.PROVIDER: N_("The provider did not take it."),
}


def held(code: Code, **params: Any) -> dict[str, Any]:
    """What is stored for a code; `params` are plain JSON values without personal data."""
    return {"code": code.value, "params": params}


def held_by_law(decision: Decision, zone: str) -> dict[str, Any]:
    """What is stored when the law says no: the rule and its reason, clocks as those of `zone`."""
    rule, because = decision.rule, decision.because
    params = {
        name: f"{value.astimezone(ZoneInfo(zone)):%H:%M}" if isinstance(value, datetime) else value
        for name, value in because.params.items()
    }
    named = {"rule": rule.id, "law": rule.citation} if rule else {}
    return held(Code.LAW, **params) | named | ({"msgid": because.msgid} if because.msgid else {})


def held_in_words(stored: Mapping[str, Any] | None, language: str) -> str:
    """The reason as one sentence in a language, with the law where one decided; empty for nothing stored."""
    if not stored:
        return ""
    code, params = Code(stored["code"]), stored.get("params") or {}
    if code is not Code.LAW:
        msgid = WORDS[code]
        return translate(msgid, language, **({name: params.get(name, "…") for name in _PLACES.get(code, ())}))
    said = _said_by_law(stored, params, language)
    law = stored.get("law")
    return f"{said.rstrip('.')} ({cited(stored.get('rule') or '', law, language)})." if law else said


def not_sent_in_words(state: MessageState | None, code: str | None, language: str) -> str:
    """What became of messages that did not leave (none = they were not planned), and what held them back."""
    became = translate(NAMES[state] if state else N_("not planned"), language)
    because = held_in_words({"code": code}, language).rstrip(".") if code else ""
    return " · ".join(each for each in (became, because) if each)


_PLACES = {Code.UNFILLED: ("name",), Code.BY_PERSON: ("reason",)}


def _said_by_law(stored: Mapping[str, Any], params: Mapping[str, Any], language: str) -> str:
    if msgid := stored.get("msgid"):
        return translate(msgid, language, **params)
    rule = _law_rules().get(stored.get("rule") or "")
    return rule.says.in_language(language) if rule else translate(WORDS[Code.LAW], language)


@cache
def _law_rules() -> Mapping[str, LawRule]:
    return {rule.id: rule for law in jurisdictions().values() for rule in law.rules}
