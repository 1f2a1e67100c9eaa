"""A call that ends in an agreement: what was said and what was signed are saved together, or neither."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from models import Agreement
from workbench.actions.agreements import sign_agreement
from workbench.actions.interactions import InteractionForm, Recorded, record
from workbench.rules.access import Viewer
from workbench.rules.dispositions import AGREED
from workbench.rules.offers import Terms


@dataclass(frozen=True, slots=True)
class Closed:
    """The call and the agreement that came of it."""

    recorded: Recorded
    agreement: Agreement


def close_agreement(
    session: Session,
    who: Viewer,
    form: InteractionForm,
    terms: Terms,
    *,
    replacing: int | None = None,
    at: datetime,
) -> Closed:
    """Records the call as an agreement and signs these terms; the form's key makes both happen once.

    Raises `Refused` as `record` and `sign_agreement` do; then nothing is saved.
    """
    recorded = record(session, who, replace(form, disposition_code=AGREED, promise=None, callback_at=None), at=at)
    agreement = sign_agreement(
        session,
        who,
        form.case_id,
        terms,
        key=form.submission_key,
        at=at,
        interaction_id=recorded.interaction_id,
        replacing=replacing,
    )
    return Closed(recorded, agreement)
