"""The outbox as a page shows it: messages by the moment they were planned, how many in each state, and one in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import RowMapping, TextClause, text
from sqlmodel import Session

from models import Cause, Channel, MessageState
from workbench.rules.access import Permission, Viewer
from workbench.rules.names import fold
from workbench.rules.refusals import Refused

PAGE = 50
MOST = 10_000  # rows of one file
MOST_DEBTORS = 200  # of those that fit what was typed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for among a portfolio's messages planned in `[start, end)`; what is empty is not asked."""

    portfolio_id: int
    start: datetime
    end: datetime
    state: MessageState | None = None
    channel: Channel | None = None
    cause: Cause | None = None
    step: str | None = None
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: the next one begins after it."""

    planned_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Line:
    """A message in one row; `moment` is when it left, else when it may, `name` none without the right to it."""

    id: int
    portfolio_id: int
    case_id: int
    name: str | None
    reference: str
    zone: str
    channel: Channel
    cause: Cause
    step: str | None
    step_name: str | None
    attempt: int
    template_code: str | None
    state: MessageState
    planned_at: datetime
    moment: datetime
    sent_at: datetime | None
    expires_at: datetime
    held: Mapping[str, Any] | None
    language: str | None
    language_wanted: str | None
    provider: str | None
    error: str | None
    cost: Decimal | None
    author: str | None

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """A row of the database as a line."""
        mine: dict[str, Any] = {each.name: row[each.name] for each in fields(cls)}
        words = {"channel": Channel(row["channel"]), "cause": Cause(row["cause"]), "state": MessageState(row["state"])}
        return cls(**mine | words)

    @property
    def cursor(self) -> Cursor:
        """Where the next page begins when this is the last row."""
        return Cursor(self.planned_at, self.id)


@dataclass(frozen=True, slots=True)
class Facets:
    """How many messages fit, by each thing that can be chosen; each count leaves only its own choice out."""

    states: Mapping[MessageState, int]
    channels: Mapping[Channel, int]
    steps: Mapping[tuple[Cause, str | None], int]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that became of a message."""

    at: datetime
    state: MessageState
    source: str
    by: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Detail:
    """A message in full. `to`, `subject` and `body` are none without the right to personal data, or before it is written.

    `decision` is what the law said when it left; `template` its version, `provider_id` the provider's name for it;
    `document` the file that goes along, by its name.
    """

    line: Line
    events: Sequence[Told]
    to: str | None
    subject: str | None
    body: str | None
    hidden: bool
    amount: Decimal | None
    currency: str | None
    chosen: Mapping[str, Any]
    fallbacks: Sequence[str]
    decision: Mapping[str, Any] | None
    template_version: int | None
    provider_id: str | None
    segments: int | None
    tries: int
    segment: str | None
    segment_name: str | None
    arm: str | None
    strategy_version: int | None
    anchor_on: date | None
    key: str
    document_id: int | None
    document: str | None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A reply from a number or address that is nobody's we know; sender and words none without the right to them."""

    id: int
    channel: Channel
    provider: str
    received_at: datetime
    sender: str | None
    words: str | None


def messages(
    session: Session, who: Viewer, wanted: Wanted, *, after: Cursor | None = None, most: int = PAGE
) -> list[Line]:
    """The messages that fit, the last planned first, from `after` on."""
    _admit(who, wanted.portfolio_id)
    conditions, values = _asked(session, wanted)
    if after:
        conditions.append("(m.planned_at, m.id) < (:after_at, :after_id)")
        values |= {"after_at": after.planned_at, "after_id": after.id}
    values |= {"most": most, "named": who.may(Permission.SEE_PERSONAL_DATA)}
    found = session.execute(page_of(conditions), values)
    return [Line.of(row) for row in found.mappings()]


def page_of(conditions: Sequence[str]) -> TextClause:
    """The statement of one page: it walks the index of the portfolio's messages backwards and sorts nothing."""
    return text(f"{_LINES} WHERE {' AND '.join(conditions)} ORDER BY m.planned_at DESC, m.id DESC LIMIT :most")


def facets(session: Session, who: Viewer, wanted: Wanted) -> Facets:
    """How many messages of the period there are in each state, on each channel and of each step."""
    _admit(who, wanted.portfolio_id)
    everything = Wanted(wanted.portfolio_id, wanted.start, wanted.end, typed=wanted.typed)
    conditions, values = _asked(session, everything)
    groups = session.execute(
        text(
            f"SELECT state, channel, cause, step, count(*) FROM message m WHERE {' AND '.join(conditions)} GROUP BY 1, 2, 3, 4"
        ),
        values,
    ).all()
    counted = _Counts()
    for state, channel, cause, step, count in groups:
        counted.add(wanted, MessageState(state), Channel(channel), (Cause(cause), step), count)
    return Facets(counted.states, counted.channels, counted.steps)


@dataclass(slots=True)
class _Counts:
    states: dict[MessageState, int] = field(default_factory=dict)
    channels: dict[Channel, int] = field(default_factory=dict)
    steps: dict[tuple[Cause, str | None], int] = field(default_factory=dict)

    def add(
        self, wanted: Wanted, state: MessageState, channel: Channel, step: tuple[Cause, str | None], count: int
    ) -> None:
        """Counts a group for each choice that the others leave open."""
        fits_state = wanted.state in (None, state)
        fits_channel = wanted.channel in (None, channel)
        fits_step = wanted.cause in (None, step[0]) and wanted.step in (None, step[1])
        if fits_channel and fits_step:
            self.states[state] = self.states.get(state, 0) + count
        if fits_state and fits_step:
            self.channels[channel] = self.channels.get(channel, 0) + count
        if fits_state and fits_channel:
            self.steps[step] = self.steps.get(step, 0) + count


def unconfirmed(session: Session, who: Viewer, portfolio_id: int) -> list[Line]:
    """The portfolio's messages of which nobody knows whether they left, whenever they were planned, the oldest first."""
    _admit(who, portfolio_id)
    values = {"portfolio": portfolio_id, "most": PAGE, "named": who.may(Permission.SEE_PERSONAL_DATA)}
    found = session.execute(text(f"{_LINES} WHERE {_UNCONFIRMED} ORDER BY m.id LIMIT :most"), values)
    return [Line.of(row) for row in found.mappings()]


def strangers(session: Session, who: Viewer, *, since: datetime, most: int = PAGE) -> list[Stranger]:
    """Replies whose sender nobody knows, the last first: they belong to no portfolio."""
    who.require(Permission.SEE_MESSAGES)
    asked = {"since": since, "most": most, "named": who.may(Permission.SEE_PERSONAL_DATA)}
    rows = session.execute(_STRANGERS, asked).mappings()
    return [Stranger(**dict(row) | {"channel": Channel(row["channel"])}) for row in rows]


def step_names(session: Session, who: Viewer, portfolio_id: int) -> dict[str, str]:
    """The names of a portfolio's steps by their codes, the latest version's where several name one."""
    _admit(who, portfolio_id)
    return {row.code: row.name for row in session.execute(_STEPS, {"portfolio": portfolio_id})}


def message(session: Session, who: Viewer, message_id: int) -> Detail:
    """One message in full with everything that became of it; refused, as if it did not exist, outside the viewer's portfolios."""
    who.require(Permission.SEE_MESSAGES)
    named = who.may(Permission.SEE_PERSONAL_DATA)
    row = session.execute(_DETAIL, {"id": message_id, "named": named}).mappings().one_or_none()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    who.require_portfolio(row["portfolio_id"])
    events = [
        Told(each.at, MessageState(each.state), each.source, each.by, each.details)
        for each in session.execute(_EVENTS, {"id": message_id})
    ]
    own = {"line", "events", "hidden"}
    more = {each.name: row[each.name] for each in fields(Detail) if each.name not in own}
    return Detail(line=Line.of(row), events=events, hidden=not named, **more)


def _admit(who: Viewer, portfolio_id: int) -> None:
    who.require(Permission.SEE_MESSAGES)
    who.require_portfolio(portfolio_id)


def _asked(session: Session, wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    """The conditions that are asked for and their values; a name becomes debtors first, so that their index is used."""
    conditions = ["m.portfolio_id = :portfolio", "m.planned_at >= :start", "m.planned_at < :end"]
    values: dict[str, Any] = {"portfolio": wanted.portfolio_id, "start": wanted.start, "end": wanted.end}
    for name in ("state", "channel", "cause", "step"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(f"m.{name} = :{name}")
            values[name] = str(value)
    if typed := wanted.typed.strip():
        conditions.append("m.debtor_id = ANY(:debtors)")
        values["debtors"] = _debtors(session, wanted.portfolio_id, typed)
    return conditions, values


def _debtors(session: Session, portfolio_id: int, typed: str) -> list[int]:
    asked = {"portfolio": portfolio_id, "typed": typed, "folded": fold(typed), "most": MOST_DEBTORS}
    return list(session.execute(_FITTING, asked).scalars())


_FITTING = text("""
    SELECT k.debtor_id FROM collection_case k JOIN debtor d ON d.id = k.debtor_id
    WHERE k.portfolio_id = :portfolio AND d.creditor_id = (SELECT creditor_id FROM portfolio WHERE id = :portfolio)
      AND (d.reference = :typed OR (length(:folded) >= 3 AND :folded <% d.folded_name))
    ORDER BY d.reference = :typed DESC, word_similarity(:folded, d.folded_name) DESC, d.id LIMIT :most
""")
_UNCONFIRMED = "m.portfolio_id = :portfolio AND m.state = 'unconfirmed'"
# the step's name as its own version of the strategy gives it
_COLUMNS = """
    m.id, m.portfolio_id, m.case_id, CASE WHEN :named THEN d.name END AS name, d.reference, d.time_zone AS zone,
    m.channel, m.cause, m.step, m.attempt, m.template_code, m.state, m.planned_at,
    coalesce(m.sent_at, m.ended_at, m.not_before) AS moment, m.sent_at, m.expires_at, m.held, m.language,
    m.language_wanted, m.provider, m.error, m.cost, author.name AS author,
    jsonb_path_query_first(s.definition, '$.segments[*].**.steps[*] ? (@.code == $code).name',
        jsonb_build_object('code', m.step)) #>> '{}' AS step_name"""
_TABLES = """
    FROM message m JOIN debtor d ON d.id = m.debtor_id
    LEFT JOIN strategy s ON s.id = m.strategy_id
    LEFT JOIN app_user author ON author.id = m.author_id"""
_LINES = f"SELECT {_COLUMNS} {_TABLES}"
_DETAIL = text(f"""
    SELECT {_COLUMNS}, CASE WHEN :named THEN v.value END AS to, CASE WHEN :named THEN m.subject END AS subject,
        CASE WHEN :named THEN m.body END AS body, m.amount, m.currency, m.chosen, m.fallbacks, i.decision,
        t.version AS template_version, m.provider_id, m.segments, m.tries, m.segment, m.arm,
        s.version AS strategy_version, m.anchor_on, m.key, f.id AS document_id, f.name AS document,
        jsonb_path_query_first(s.definition, '$.segments[*] ? (@.code == $code).name',
            jsonb_build_object('code', m.segment)) #>> '{{}}' AS segment_name
    {_TABLES}
    LEFT JOIN contact_point v ON v.id = m.contact_point_id
    LEFT JOIN interaction i ON i.id = m.interaction_id
    LEFT JOIN template t ON t.id = m.template_id
    LEFT JOIN document f ON f.id = m.document_id AND f.kind = 'agreement_letter' AND :named
    WHERE m.id = :id""")
_STRANGERS = text("""
    SELECT id, channel, provider, received_at, CASE WHEN :named THEN payload #>> '{told,sender}' END AS sender,
        CASE WHEN :named THEN payload #>> '{told,text}' END AS words
    FROM inbound_event WHERE error IS NOT NULL AND error = 'unknown sender' AND received_at >= :since
    ORDER BY received_at DESC, id DESC LIMIT :most
""")
_STEPS = text("""
    SELECT step ->> 'code' AS code, step ->> 'name' AS name
    FROM strategy s, jsonb_path_query(s.definition, '$.segments[*].**.steps[*]') step
    WHERE s.portfolio_id = :portfolio ORDER BY s.version
""")
_EVENTS = text("""
    SELECT e.at, e.state, e.source, e.details, u.name AS by
    FROM message_event e LEFT JOIN app_user u ON u.id = e.by_id WHERE e.message_id = :id ORDER BY e.at, e.id
""")
