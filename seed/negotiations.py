"""The negotiating desks' last weeks: each story is lived at its moments, between the messages and the nights."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from seed.desks import Desk, Story
from seed.messages import Correspondence
from seed.negotiation_policies import PRACTICES, set_practices
from seed.portfolios import BOOKS
from seed.stories import CAST, OF_THE_BOOK
from workbench.rules.refusals import Refused

POLICIES_SINCE = timedelta(days=60)
APART = timedelta(minutes=5)
BEFORE = 25  # days ago: the standings from which the stories begin
BY_ID = ("agreement", "approval", "dispute", "document", "hand_over")


def begin_negotiations(session: Session, messages: Correspondence, *, number: int) -> None:
    """Sets the books' policies and lines their stories up with what else is to come."""
    for table in BY_ID:  # nothing is there: the same number gives the same ids, of which references are made
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1, false)"))
    messages.session = session
    set_practices(session, messages.opened, at=messages.at - POLICIES_SINCE)
    for book in BOOKS:
        if book.code in PRACTICES:
            desk = Desk(lambda: messages.session, book, messages.opened[book.code], number=number, at=messages.at)
            for story in _stories(desk):
                _Told(messages, story).go_on()


def _stories(desk: Desk) -> Iterator[Story]:
    """One story a debtor, as long as there are debtors; then those of the whole book."""
    debtors = desk.debtors()
    desk.rescore([each.case_id for each in debtors], desk.night(BEFORE))
    told: list[Callable[..., Story]] = [story for story, times in CAST for _ in range(times)]
    desk.engaged = [each.case_id for each in debtors[: len(told)]]
    for story, about in zip(told, debtors, strict=False):
        yield story(desk, about)
    for whole in OF_THE_BOOK:
        yield whole(desk)


class _Told:
    """A story that goes on whenever its moment comes; what the rules refuse ends it."""

    def __init__(self, messages: Correspondence, story: Story) -> None:
        self.messages, self.story = messages, story
        self.last: datetime | None = None

    def go_on(self, at: datetime | None = None) -> None:
        """Does what happens at this moment, all of it or nothing, and waits for the next."""
        with suppress(Refused), self.messages.session.begin_nested():
            coming = next(self.story, None) if at is None else self._send(at)
            if coming is not None:
                self.last = max(coming, self.last + APART) if self.last else coming
                self.messages.expect(self.last, self.go_on)

    def _send(self, at: datetime) -> datetime | None:
        try:
            return self.story.send(at)
        except StopIteration:
            return None
