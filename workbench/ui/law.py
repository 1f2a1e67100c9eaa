"""The law on the account card: may I call, until when, by which article, how often yet, what to say and not to ask."""

from collections.abc import Iterable, Mapping
from html import escape
from zoneinfo import ZoneInfo

from workbench.rules.briefings import Briefing
from workbench.rules.contact_law import Allowance
from workbench.rules.law_reasons import in_words
from workbench.rules.law_schema import Cap, Disclosure, LawRule, Source
from workbench.rules.law_sheets import CONFIDENCES
from workbench.rules.law_words import Level
from workbench.rules.words import N_
from workbench.ui import compliance_words
from workbench.ui.compliance_words import link, spoken
from workbench.ui.i18n import _, clock, language, moment, weekday

COUNTING = {
    Level.ATTEMPT: N_("every attempt counts"),
    Level.DELIVERY: N_("only what was delivered counts"),
    Level.CONTACT: N_("only conversations count"),
}


def badge(brief: Briefing) -> str:
    """Whether a call is lawful now and until when; if not, why, and when it will be; by which article."""
    decision = brief.decision
    cited = citation(brief.rule, brief.sources)
    if decision.allowed:
        until = _("May call until {time}", time=clock(decision.until, brief.zone)) if decision.until else _("May call")
        return f'<span class="cw-badge cw-good">{until}</span>{cited}'
    return f'<span class="cw-badge cw-bad">{escape(why_not(brief))}</span>{cited}'


def why_not(brief: Briefing) -> str:
    """Why a call is not lawful now, and when it will be."""
    decision = brief.decision
    because = in_words(decision.because, decision.rule, language=language(), zone=brief.zone)
    again = (
        _("Again from {moment}.", moment=moment(decision.next_allowed, brief.zone))
        if decision.next_allowed
        else _("Waiting does not change it.")
    )
    return f"{_('Not now: {because}', because=because)} {again}"


def citation(rule: LawRule | None, sources: Mapping[str, Source]) -> str:
    """A rule's law and article, opening on its sentence, how sure it is, and where it can be read."""
    if rule is None:
        return ""
    sentence = spoken(rule.says)
    found = [sources[name] for name in rule.source if name in sources]
    links = "".join(f"<br>{link(source)}" for source in found)
    sure = _(CONFIDENCES[rule.confidence])
    return (
        f'<details class="cw-cite"><summary title="{escape(sentence)}">{escape(cited(rule))}</summary>'
        f'<div class="cw-formula"><b>{escape(cited(rule))}</b><br>{escape(sentence)}'
        f'<br><span class="cw-muted">{_("How it is known: {confidence}.", confidence=sure)}</span>{links}</div></details>'
    )


def cited(rule: LawRule) -> str:
    """Law and article, or that it is only the portfolio's own policy."""
    return compliance_words.cited(rule.id, rule.citation)


def guidance(brief: Briefing) -> str:
    """What goes under the badge: what is left of the limits, what to say, what not to ask, and doubtful rules."""
    lines = [_left(brief), _not_asked(brief), _warnings(brief)]
    told = "".join(f'<div class="cw-legal cw-muted">{line}</div>' for line in lines if line)
    return f"{told}{_to_say(brief.to_say)}"


def contacts_left(allowances: Iterable[Allowance], zone: str, *, allowed: bool) -> list[str]:
    """The limits that a call uses up, in words; what only counts other channels binds no further call."""
    return [_limit(each, zone, allowed=allowed) for each in allowances if not each.rule.only_other_channels]


def _left(brief: Briefing) -> str:
    return " · ".join(contacts_left(brief.allowances, brief.zone, allowed=brief.allowed))


def _limit(each: Allowance, zone: str, *, allowed: bool) -> str:
    most = _most(each.rule, each, allowed=allowed)
    period = compliance_words.period(each.per)
    left = _("{left} of {max} calls left", left=max(most - each.used, 0), max=most)
    counted = _(COUNTING[each.level])
    until = (
        ", " + _("until {day}", day=weekday(each.ends.astimezone(ZoneInfo(zone)).date()))
        if each.ends and each.used >= most
        else ""
    )
    about = f"{spoken(each.rule.says)} {cited(each.rule)}"
    return f'<span title="{escape(about)}">{period}: <b>{left}</b> ({counted}{until})</span>'


def _most(rule: Cap, each: Allowance, *, allowed: bool) -> int:
    """The limit of now: the day of a conversation may raise it."""
    return each.max + rule.extra_after_contact if allowed and each.used >= each.max else each.max


def _not_asked(brief: Briefing) -> str:
    return " ".join(
        f"<b>{_('Do not ask:')}</b> {escape(spoken(rule.says))} {citation(rule, brief.sources)}"
        for rule in brief.not_asked
    )


def _warnings(brief: Briefing) -> str:
    """Rules only remembered: they forbid nothing, and say so."""
    return " ".join(
        _(
            "Only a warning, from memory: {sentence} ({law})",
            sentence=escape(spoken(rule.says)),
            law=escape(cited(rule)),
        )
        for rule in brief.decision.warnings
    )


def _to_say(rules: tuple[Disclosure, ...]) -> str:
    if not rules:
        return ""
    lines = "".join(
        f'<li>{escape(spoken(rule.says))} <span class="cw-muted">{escape(cited(rule))}</span></li>' for rule in rules
    )
    title = _("To say in this call ({n})", n=len(rules))
    return f'<details class="cw-say"><summary>{title}</summary><ul>{lines}</ul></details>'
