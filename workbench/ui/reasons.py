"""Why a debtor is here: the standing's factors in the reader's words."""

from models import ContactStatus
from workbench.queries.cases import CaseCard
from workbench.rules import reasons as rules
from workbench.ui.i18n import _, language, money, percent


def reasons(card: CaseCard) -> list[str]:
    """The three things that say most about this debtor's place in the queue, the strongest first."""
    factors = rules.Factors(
        days=card.days_past_due,
        past_due=card.past_due,
        late=card.late_count,
        settled=card.settled_count,
        roll=card.roll,
        cust=card.cust,
        reach=card.reach,
        broken=card.broken_promises,
        has_phone=any(phone.status == ContactStatus.ACTIVE for phone in card.phones),
        band=card.band,
        reply=card.reply,
        rules=card.rules,
    )
    return [said(reason, card.currency) for reason in rules.reasons(factors, card.priors)]


def said(reason: rules.Reason, currency: str) -> str:
    """One reason in the reader's words."""
    return _(reason.msgid, **{name: _written(value, currency) for name, value in reason.values.items()})


def _written(value: int | rules.Share | rules.Money | rules.Times | rules.Said, currency: str) -> int | str:
    if isinstance(value, rules.Share):
        return percent(value)
    if isinstance(value, rules.Said):
        return str(value)
    if isinstance(value, rules.Times):
        return rules.times_words(value, language())
    return money(value, currency) if isinstance(value, rules.Money) else int(value)
