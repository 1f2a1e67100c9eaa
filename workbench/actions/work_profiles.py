"""Caps, skills and absences of people, kept by whoever deals work to them; only of one's own teams."""

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from models import Absence, User, WorkProfile
from workbench.actions import audit
from workbench.queries.work_profiles import Profile, profile
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused
from workbench.rules.work_profiles import Skills, check_absence, check_skills


def set_profile(session: Session, who: Viewer, user_id: int, skills: Skills, *, at: datetime) -> None:
    """Says what may be dealt to somebody from now on; what they own already stays theirs.

    Portfolios that `who` may not see keep the place they had.
    """
    known = _locked(session, who, user_id, on=at.date())
    check_skills(skills)
    for portfolio_id in skills.portfolio_ids:
        who.require_portfolio(portfolio_id)
    row = session.get(WorkProfile, user_id, populate_existing=True) or WorkProfile(user_id=user_id)
    before = _told(row)
    row.case_cap, row.balance_cap = skills.case_cap, skills.balance_cap
    row.stages = sorted(each.value for each in skills.stages)
    row.languages = sorted(skills.languages)
    row.portfolio_ids = sorted(skills.portfolio_ids | (known.skills.portfolio_ids - who.portfolio_ids))
    session.add(row)
    session.flush()
    if (after := _told(row)) != before:
        audit.log(session, "set_profile", "app_user", user_id, by=who.user_id, at=at, before=before, after=after)


def add_absence(
    session: Session, who: Viewer, user_id: int, from_on: date, until_on: date, *, reason: str = "", at: datetime
) -> Absence:
    """Notes days on which nothing is dealt to somebody; refuses days that are over or noted already."""
    _locked(session, who, user_id, on=at.date())
    # the day began hours earlier or later in the portfolios' own zones
    check_absence(from_on, until_on, reason := reason.strip(), on=at.date() - timedelta(days=1))
    held = select(Absence).where(
        Absence.user_id == user_id,
        col(Absence.cancelled_at).is_(None),
        col(Absence.from_on) <= until_on,
        col(Absence.until_on) >= from_on,
    )
    if clash := session.scalars(held).first():
        raise Refused("Already away from {first} to {last}.", first=clash.from_on, last=clash.until_on)
    made = Absence(user_id=user_id, from_on=from_on, until_on=until_on, reason=reason, made_by=who.user_id, made_at=at)
    session.add(made)
    session.flush()
    told = {"from_on": str(from_on), "until_on": str(until_on), "reason": reason}
    audit.log(session, "add_absence", "absence", made.id, by=who.user_id, at=at, user_id=user_id, **told)
    return made


def cancel_absence(session: Session, who: Viewer, absence_id: int, *, at: datetime) -> None:
    """Takes an absence back: work may be dealt on those days; the row stays as history."""
    absence = session.get(Absence, absence_id, with_for_update=True)
    if absence is None:
        raise Refused("There is nothing here that you may see.")
    profile(session, who, absence.user_id, on=at.date())
    if absence.cancelled_at is not None:
        raise Refused("This absence was cancelled already.")
    absence.cancelled_at = at
    session.add(absence)
    session.flush()
    audit.log(session, "cancel_absence", "absence", absence_id, by=who.user_id, at=at, user_id=absence.user_id)


def _locked(session: Session, who: Viewer, user_id: int, *, on: date) -> Profile:
    """Somebody of `who`'s teams as they are now, until the end of the transaction."""
    profile(session, who, user_id, on=on)  # a stranger's row is not even locked
    session.get(User, user_id, with_for_update=True)
    return profile(session, who, user_id, on=on)


def _told(row: WorkProfile) -> dict[str, object]:
    """As the audit keeps it: amounts in words, to the cent."""
    return {
        "case_cap": row.case_cap,
        "balance_cap": None if row.balance_cap is None else format(row.balance_cap, ".2f"),
        "stages": list(row.stages or ()),
        "languages": list(row.languages or ()),
        "portfolio_ids": list(row.portfolio_ids or ()),
    }
