"""The words that the parts of Compliance and the card share: rules of any version, reasons as they were stored."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any

from workbench.rules import law_reasons
from workbench.rules.contact_places import Place
from workbench.rules.contact_policies import limits_of
from workbench.rules.law_binding import own_rules
from workbench.rules.law_files import LawFileError, jurisdictions, read
from workbench.rules.law_reasons import Because, in_words
from workbench.rules.law_schema import Confidence, Jurisdiction, LawRule, Said, Source
from workbench.rules.law_versions import version_of
from workbench.rules.words import N_
from workbench.ui import i18n
from workbench.ui.i18n import _, number

# How sure we are of a rule, in a word and a tone.
SURE = {
    Confidence.TEXT: (N_("text read"), "cw-good"),
    Confidence.SECONDARY: (N_("as reported"), "cw-warn"),
    Confidence.POLICY: (N_("policy"), "cw-muted"),
    Confidence.MEMORY: (N_("only warns"), "cw-bad"),
}
_PERIODS = {"day": N_("Today"), "iso_week": N_("This week")}


def rule_named(place: Place, rule_id: str) -> LawRule | None:
    """The rule of that id as it stands in the file now, or of the portfolio's own policy; none when it is gone."""
    law = jurisdictions().get(place.country)
    rules = [*(law.rules if law else ()), *own_rules(limits_of(place.policy))]
    return next((rule for rule in rules if rule.id == rule_id), None)


def rule_then(place: Place, rule_id: str, version: str, texts: Mapping[str, str]) -> LawRule | None:
    """The rule as it stood in the version that decided; none when that text was not kept or cannot be read any more."""
    if rule_id.startswith("policy.") or version == version_of(place.country):
        return rule_named(place, rule_id)
    try:
        law = parsed(texts[version], place.country)
    except (KeyError, LawFileError):
        return None
    return next((rule for rule in law.rules if rule.id == rule_id), None)


@lru_cache(maxsize=32)
def parsed(content: str, country: str) -> Jurisdiction:
    """A version as a law; read once, because the engine remembers what binds by the law it was given."""
    law = read(content, f"{country.lower()}.yaml")
    if law.country != country:
        raise LawFileError(_("This is the law of {other}, not of {country}.", other=law.country, country=country))
    return law


def cited(rule_id: str, law: str) -> str:
    """Law and article as they were stored, or that it was only the portfolio's policy."""
    return law_reasons.cited(rule_id, law, i18n.language())


def spoken(words: Said) -> str:
    """A sentence of a law file in the reader's language."""
    return words.in_language(i18n.language())


def stored_reason(because: Mapping[str, Any], rule: LawRule | None, zone: str) -> str:
    """A reason as it was stored, in the reader's language, its moments as clocks of `zone`."""
    params = {name: _moment_or_text(value) for name, value in (because.get("params") or {}).items()}
    return in_words(Because(because.get("msgid") or "", params), rule, language=i18n.language(), zone=zone)


def how_sure(confidence: str | None) -> str:
    """A stored confidence in a word."""
    return _(SURE[Confidence(confidence)][0]) if confidence else ""


def sentence(rule: LawRule | None) -> str:
    """A rule's own sentence in the reader's language."""
    return spoken(rule.says) if rule else ""


def link(source: Source) -> str:
    """A source's title, leading to its address when it has one."""
    title = escape(source.title)
    return f'<a href="{escape(source.url)}" target="_blank" rel="noopener">{title}</a>' if source.url else title


def period(per: str) -> str:
    """The time a limit of number counts over, as `law_reasons.per` names it."""
    return _(_PERIODS[per]) if per in _PERIODS else _("In {days} days", days=per.split(maxsplit=1)[0])


def hours(minutes: int) -> str:
    """Minutes as hours, with a decimal when they are not whole."""
    return number(minutes / 60, decimals=0 if minutes % 60 == 0 else 1)


def _moment_or_text(value: Any) -> Any:
    if isinstance(value, str) and "T" in value:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
