"""Claims and pauses as people read them."""

from html import escape

from workbench.queries.disputes import Claim, ToReview
from workbench.queries.pauses import Paused
from workbench.rules.disputes import CATEGORIES, KINDS
from workbench.rules.pauses import LABELS
from workbench.ui.i18n import _, day, money


def category_name(code: str) -> str:
    """A category; one that is no longer offered by its code."""
    return _(CATEGORIES[code].label) if code in CATEGORIES else code


def what(claim: Claim) -> str:
    """The kind and category in one line."""
    return f"{_(KINDS[claim.kind])}: {category_name(claim.category)}"


def deadline(claim: Claim | ToReview) -> str:
    """Until when it has to be decided, marked when that has passed; our own markup."""
    if claim.deadline_on is None:
        return ""
    if claim.overdue:
        return f'<b class="cw-bad">{_("should have been decided by {date}", date=day(claim.deadline_on))}</b>'
    return _("to be decided by {date}", date=day(claim.deadline_on))


def why_in_review(each: ToReview) -> str:
    """What brought a case to the review."""
    if each.category:
        return category_name(each.category)
    if each.verify_until:
        return _("Payment to verify until {date}", date=day(each.verify_until))
    if each.handed_over:
        return _("The strategy's ladder ends here: a person has to decide")
    return each.last_label or _("Nobody has said why")


def span(each: Paused) -> str:
    """From when to when a pause goes."""
    first = _("since {date}", date=day(each.from_on))
    if each.ended_on:
        return f"{first}, {_('ended on {date}', date=day(each.ended_on))}"
    last = _("until {date}", date=day(each.until_on)) if each.until_on else _("until somebody ends it")
    return f"{first}, {last}"


def pause_name(each: Paused) -> str:
    """What a pause is, and of which account."""
    return " · ".join(filter(None, [_(LABELS[each.kind]), each.account or _("the whole case")]))


def head(name: str, facts: list[str], amount: str, under: str = "") -> str:
    """A line with who it is on the left and the money on the right; `facts` are our own markup."""
    told = " · ".join(fact for fact in facts if fact)
    return (
        f'<div class="cw-who"><span><b>{escape(name)}</b><br><span class="cw-muted">{told}</span></span>'
        f'<span class="cw-owed"><b>{amount}</b><br><span class="cw-muted">{under}</span></span></div>'
    )


def claim_head(claim: Claim) -> str:
    """A claim's line: who, what about, until when, how much."""
    about = escape(claim.account) if claim.account else _("the whole case")
    facts = [escape(claim.reference), escape(what(claim)), about, deadline(claim) if not claim.resolution else ""]
    amount = money(claim.disputed if claim.disputed is not None else claim.owed, claim.currency)
    return head(claim.debtor, facts, amount, _("in dispute") if claim.disputed is not None else _("owed on it"))
