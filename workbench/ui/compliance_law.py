"""The law of one portfolio as a page to read and to show: scope, readings, rules with their sources, its own policy."""

from collections.abc import Iterable, Iterator
from html import escape

from models import Portfolio
from workbench.queries.contact_rules import policy_of
from workbench.rules.access import Viewer
from workbench.rules.contact_policies import ContactPolicy
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_outlines import GROUPS, Answer, Dispute, Outline, outline, regions_of
from workbench.rules.law_schema import Confidence, Jurisdiction, LawRule
from workbench.rules.law_sheets import CONFIDENCES
from workbench.rules.law_words import CHANNELS
from workbench.ui import frame
from workbench.ui.compliance_words import SURE, cited, link, spoken
from workbench.ui.i18n import _, day, ngettext


def law_page(law: Jurisdiction, found: Outline, policy: ContactPolicy) -> str:
    """The whole law in one piece."""
    rules = "".join(_group(law, name, rules, found.regime) for name, rules in found.groups.items())
    return (
        _head(law, found)
        + _disputes(law, found.disputes)
        + f'<div class="cw-statute"><div>{rules}{_others(law, found.others, found.regime)}</div>'
        + f'<div class="cw-aside">{_policy(policy)}{_legend(found)}{_questions(law)}</div></div>'
    )


def policy_page(country: str, policy: ContactPolicy) -> str:
    """A country without a file: nothing but the portfolio's own policy holds."""
    said = _("No law file for {country}: only this portfolio's own policy limits contacts.", country=country)
    return f'<div class="cw-card cw-notice">{escape(said)}</div><div class="cw-two">{_policy(policy)}</div>'


def confidence_badge(confidence: Confidence) -> str:
    """How sure we are, with what that means on hover."""
    word, tone = SURE[confidence]
    return f'<span class="cw-sure {tone}" title="{escape(_(CONFIDENCES[confidence]))}">{_(word)}</span>'


def _head(law: Jurisdiction, found: Outline) -> str:
    tags = [_("Checked on {day}", day=day(law.checked_on)), _("Not legal advice")]
    regimes = law.regimes.options if law.regimes else {}
    regime = ""
    if found.regime:
        regime = f"<p>{_('Regime: {name}', name=escape(found.regime))} · {escape(spoken(regimes[found.regime]))}</p>"
    unknown = _("No law of collection contacts was found: all of this is policy.")
    notice = "" if law.known_law else f'<p class="cw-warn"><b>{escape(unknown)}</b></p>'
    return (
        f'<div class="cw-card"><div class="cw-who"><h2>{escape(spoken(law.name))}</h2>'
        f'<div class="cw-badges">{"".join(f"<span class=cw-tag>{escape(tag)}</span>" for tag in tags)}</div></div>'
        f"<p>{escape(spoken(law.scope))}</p>{regime}{notice}</div>"
    )


def _disputes(law: Jurisdiction, disputes: Iterable[Dispute]) -> str:
    cards = "".join(
        f'<div class="cw-card"><p><b>{escape(spoken(each.reading.about))}</b>{_own(each)}</p>'
        f'<ul class="cw-answers">{"".join(_answer(law, answer) for answer in each.answers)}</ul></div>'
        for each in disputes
    )
    return (
        f'<div class="cw-section">{_("How disputed texts are read here")}</div><div class="cw-grid">{cards}</div>'
        if cards
        else ""
    )


def _own(dispute: Dispute) -> str:
    return f' <span class="cw-tag">{_("chosen by this portfolio")}</span>' if dispute.own else ""


def _answer(law: Jurisdiction, answer: Answer) -> str:
    source = law.sources.get(answer.option.source or "")
    who = link(source) if source else _("our own caution, no source")
    badge = confidence_badge(answer.option.confidence)
    chosen = f'<b class="cw-good">{_("Read so here")}</b> · ' if answer.chosen else ""
    return (
        f'<li class="{"cw-chosen" if answer.chosen else "cw-muted"}">{escape(spoken(answer.option.says))}'
        f"<br><small>{chosen}{who} {badge}</small></li>"
    )


def _group(law: Jurisdiction, name: str, rules: Iterable[LawRule], regime: str | None) -> str:
    lines = "".join(_rule(law, rule, regime) for rule in rules)
    return f'<div class="cw-card"><div class="cw-section">{_(GROUPS[name])}</div>{lines}</div>'


def _rule(law: Jurisdiction, rule: LawRule, regime: str | None) -> str:
    sources = [link(law.sources[name]) for name in rule.source]
    facts = " · ".join([f"<b>{escape(cited(rule.id, rule.citation))}</b>", *_bounds(rule), *sources])
    tags = "".join(f'<span class="cw-tag">{escape(tag)}</span>' for tag in _where(law, rule, regime))
    return (
        f'<div class="cw-rule"><p>{escape(spoken(rule.says))} {tags}</p>'
        f"<small>{facts}</small>{confidence_badge(rule.confidence)}</div>"
    )


def _bounds(rule: LawRule) -> Iterator[str]:
    if rule.in_force.since:
        yield _("in force since {day}", day=day(rule.in_force.since))
    if rule.in_force.until:
        yield _("until {day}", day=day(rule.in_force.until))


def _where(law: Jurisdiction, rule: LawRule, regime: str | None) -> Iterator[str]:
    """The channels and regions of a rule that does not hold for all."""
    if len(rule.channels) < len(CHANNELS):
        yield from (_(CHANNELS[channel]) for channel in rule.channels)
    yield from regions_of(law, rule, regime)


def _others(law: Jurisdiction, rules: tuple[LawRule, ...], regime: str | None) -> str:
    """What others live under: shown so that nobody thinks it was overlooked."""
    if not rules:
        return ""
    title = ngettext(
        "{n} rule of other readings or regimes, which does not hold here",
        "{n} rules of other readings or regimes, which do not hold here",
        len(rules),
    )
    lines = "".join(_rule(law, rule, regime) for rule in rules)
    return f'<details class="cw-card cw-others"><summary>{escape(title)}</summary>{lines}</details>'


def _policy(policy: ContactPolicy) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in policy_lines(policy))
    return (
        f'<div class="cw-card"><div class="cw-section">{_("Own policy of this portfolio")}</div>'
        f'<ul class="cw-why">{lines}</ul><p class="cw-muted">{_("Policy, not law: it can only tighten the law.")}</p></div>'
    )


def policy_lines(policy: ContactPolicy) -> Iterator[str]:
    """The portfolio's own limits in words."""
    hours = policy.hours
    yield _(
        "Monday to Friday {opens} to {closes}",
        opens=f"{hours.weekday_opens:%H:%M}",
        closes=f"{hours.weekday_closes:%H:%M}",
    )
    if hours.saturday_opens and hours.saturday_closes:
        yield _(
            "Saturdays {opens} to {closes}",
            opens=f"{hours.saturday_opens:%H:%M}",
            closes=f"{hours.saturday_closes:%H:%M}",
        )
    else:
        yield _("No contact on Saturdays or Sundays")
    yield _("Holidays as the law says") if policy.calls_on_holidays else _("No contact on holidays")
    if policy.daily_attempts is not None:
        yield ngettext("At most {n} attempt a day", "At most {n} attempts a day", policy.daily_attempts)
    if policy.weekly_contacts is not None:
        yield ngettext("At most {n} contact a week", "At most {n} contacts a week", policy.weekly_contacts)


def _legend(found: Outline) -> str:
    """What the badges on this page mean, readable without a mouse."""
    there = {rule.confidence for rules in found.groups.values() for rule in rules}
    lines = "".join(
        f"<p>{confidence_badge(each)} {escape(_(CONFIDENCES[each]))}</p>" for each in Confidence if each in there
    )
    return f'<div class="cw-card"><div class="cw-section">{_("How sure we are")}</div>{lines}</div>'


def _questions(law: Jurisdiction) -> str:
    if not law.open_questions:
        return ""
    lines = "".join(f"<li>{escape(spoken(each))}</li>" for each in law.open_questions)
    return (
        f'<div class="cw-card"><div class="cw-section">{_("Open questions")}</div><ul class="cw-why">{lines}</ul></div>'
    )


def show(_who: Viewer, portfolio: Portfolio) -> None:
    """The part “The law” of the page."""
    law, policy = jurisdictions().get(portfolio.country), policy_of(portfolio)
    frame.markup(law_page(law, outline(law, policy), policy) if law else policy_page(portfolio.country, policy))
