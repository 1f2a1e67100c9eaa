"""A morning on the phone: people come, take debtors from the queue and call; some are at it as the demonstration begins."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from models import PresenceState
from seed.contacts import SHIFT_STARTS
from seed.people import DEMO_LOGINS
from seed.portfolios import BOOKS, Book
from workbench.actions.interactions import InteractionForm, record
from workbench.actions.presences import arrive, change_presence, note_seen
from workbench.actions.worklist import Claim, claim_next, release, skip
from workbench.queries.users import viewer_by_email
from workbench.rules.access import Viewer
from workbench.rules.follow_ups import SkipReason
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused

MOST, PITCH = 6, timedelta(minutes=8)  # calls of one person, and how far they are apart at least
# what became of a call and how often; the others were not answered
HEARD = (("call.promise", 0.16), ("call.no_commitment", 0.10), ("call.cannot_pay", 0.07), ("call.voicemail", 0.17))
SAID = {"call.promise": "Confirma fecha e importe.", "call.cannot_pay": "Sin empleo por ahora."}
# who does what as the demonstration begins: minutes on a case, or away from the phone
ON_A_CASE = {"luis@": 2, "paola@": 3, "andres@": 6, "diego@": 1, "javiera@": 11, "rosa@": 4}
AWAY = {
    "raul@": (PresenceState.BREAK, 9),
    "lucia@": (PresenceState.TRAINING, 31),
    "matias@": (PresenceState.MEETING, 17),
}
ABSENT = ("elisa@", "jorge@")  # besides those who log in to the demonstration themselves


class Morning:
    """The calls of one morning, made through the actions that the screens use."""

    def __init__(self, session: Session, opened: dict[str, int], *, number: int, at: datetime) -> None:
        self.session, self.opened, self.at = session, opened, at
        self.random = np.random.default_rng([number, at.date().toordinal(), 11])

    def live(self) -> None:
        """Lives it until now; where nobody may be called by now, nobody has come."""
        moments = sorted(
            ((at, who, book.code) for book in BOOKS for who, at in self._shift(book)), key=lambda each: each[0]
        )
        people = {who: self._viewer(who) for _, who, _ in moments}
        for who, viewer in people.items():
            arrive(self.session, viewer, at=next(at for at, name, _ in moments if name == who) - timedelta(minutes=4))
        for at, who, code in moments:
            with suppress(Refused), self.session.begin_nested():
                self._call(people[who], self.opened[code], at)
        for who, viewer in people.items():
            self._stay(viewer, since=min(at for at, name, _ in moments if name == who))
            self._now(who, viewer)

    def _shift(self, book: Book) -> Iterator[tuple[str, datetime]]:
        """Who of a book has called when since the day began."""
        here = self.at.astimezone(ZoneInfo(book.zone))
        began = datetime.combine(here.date(), time(SHIFT_STARTS), here.tzinfo)
        calls = min(int((self.at - began - 2 * PITCH) / PITCH), MOST)
        if calls < 1 or here.time() > book.hours.weekday_closes or here.weekday() > 4:
            return
        logged_in = {each.email.removesuffix("example.com") for each in DEMO_LOGINS}
        apart = min((self.at - began - 2 * PITCH) / calls, 2 * PITCH)
        for place, who in enumerate(each for each in book.agents if each not in logged_in and each not in ABSENT):
            for call in range(calls):
                moved = timedelta(minutes=place + int(self.random.integers(0, 3)))
                yield who, self.at - 2 * PITCH - (calls - 1 - call) * apart - moved

    def _call(self, who: Viewer, portfolio_id: int, at: datetime) -> None:
        """Takes the next debtor, looks at the case for a while, calls and saves what came of it."""
        taken = claim_next(self.session, who, portfolio_id=portfolio_id, at=at)
        if taken is None:
            return
        if self.random.random() < 0.06:
            skip(self.session, who, taken.item_id, reason=SkipReason.DATA_UNCLEAR, at=at + timedelta(seconds=40))
            return
        form = self._form(taken, at + timedelta(seconds=int(self.random.integers(20, 75))))
        ended = form.started_at + timedelta(seconds=int(self.random.integers(25, 60)))
        ended += timedelta(seconds=150 if form.promise or form.note else 0)
        try:
            with self.session.begin_nested():
                record(self.session, who, form, at=ended)
        except Refused:
            release(self.session, who, taken.item_id, at=ended)

    def _form(self, taken: Claim, began: datetime) -> InteractionForm:
        row = self.session.execute(_PHONE, {"case": taken.case_id}).one()
        luck, code = float(self.random.random()), "call.no_answer"
        for each, share in HEARD:
            luck -= share
            if luck < 0:
                code = each
                break
        key = UUID(bytes=self.random.bytes(16), version=4)
        form = InteractionForm(key, taken.item_id, taken.case_id, code, began, row.phone_id, SAID.get(code, ""))
        if code != "call.promise":
            return form
        days = int(self.random.integers(2, 6))
        part = Part(began.astimezone(ZoneInfo(row.time_zone)).date() + timedelta(days=days), row.past_due)
        return replace(form, promise=PromiseTerms.in_parts((part,)))

    def _stay(self, viewer: Viewer, *, since: datetime) -> None:
        """Their page was in use all the time."""
        while since < self.at:
            note_seen(self.session, viewer, at=since)
            since += PITCH

    def _now(self, who: str, viewer: Viewer) -> None:
        """What somebody does as the demonstration begins."""
        if who in AWAY:
            state, minutes = AWAY[who]
            change_presence(self.session, viewer, state, at=self.at - timedelta(minutes=minutes))
        elif who in ON_A_CASE:
            code = next(book.code for book in BOOKS if who in book.agents)
            began = self.at - timedelta(minutes=ON_A_CASE[who])
            claim_next(self.session, viewer, portfolio_id=self.opened[code], at=began)
        note_seen(self.session, viewer, at=self.at)

    def _viewer(self, who: str) -> Viewer:
        found = viewer_by_email(self.session, f"{who}example.com")
        assert found is not None
        return found


_PHONE = text("""
    SELECT s.past_due, p.time_zone, (SELECT n.id FROM contact_point n WHERE n.debtor_id = c.debtor_id AND n.kind = 'phone'
        AND n.status = 'active' ORDER BY n.right_parties DESC, n.id LIMIT 1) AS phone_id
    FROM collection_case c JOIN case_standing s ON s.case_id = c.id JOIN portfolio p ON p.id = c.portfolio_id
    WHERE c.id = :case
""")
