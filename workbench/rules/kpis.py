"""The catalogue of figures: each with its formula in words, its unit and where its rows come from.

Pages, popovers, targets, digests, `workbench kpi` and the documentation read this list; `queries.kpi_parts` says the
same in SQL. Texts are message ids.
"""

from dataclasses import dataclass
from enum import StrEnum

from workbench.rules.words import N_


class Unit(StrEnum):
    """How a figure is written: a share is 0..1, money is in the portfolio's currency."""

    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    DAYS = "days"
    SECONDS = "seconds"
    RATIO = "ratio"


class Source(StrEnum):
    """The rows that a figure is made of."""

    CONTACTS = "contacts"
    LISTED = "listed"
    PROMISES = "promises"
    FALLEN_DUE = "fallen_due"
    PAYMENTS = "payments"
    CASH = "cash"
    WORK = "work"
    PRESENCE = "presence"
    COSTS = "costs"
    BLOCKED = "blocked"
    SKIPS = "skips"
    BOOK = "book"
    CURES = "cures"
    MESSAGES = "messages"


class Better(StrEnum):
    """Which way is good; neither where it depends."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


class Family(StrEnum):
    ACTIVITY = "activity"
    PROMISES = "promises"
    MONEY = "money"
    TIME = "time"
    COMPLIANCE = "compliance"
    MESSAGES = "messages"
    BOOK = "book"


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure of the catalogue; `denominator` is empty where the figure is its numerator."""

    name: str
    label: str
    formula: str
    numerator: str
    denominator: str
    unit: Unit
    source: Source
    better: Better
    family: Family

    @property
    def in_money(self) -> bool:
        """Whether amounts go into it, so that it has a currency or must not mix two."""
        return self.unit is Unit.MONEY or self.name in MONEY_RATIOS


def kpi(name: str) -> Kpi:
    """The figure of this name; a name that is none is a bug of the caller (`KeyError`)."""
    return KPIS[name]


# Shares and days whose parts are amounts.
MONEY_RATIOS = frozenset(
    {
        "kept_amount_rate",
        "recovery_rate",
        "cost_to_collect",
        "delinquency_rate",
        "delinquency_30",
        "delinquency_90",
        "average_days_past_due",
        "dso",
        "best_possible_dso",
        "add",
        "cei",
    }
)

_ATTEMPTS = N_("outbound attempts by people")
_CONTACTS = N_("contacts by people, whoever began them")
_RIGHT_PARTIES = N_("contacts with the right party, whoever began them")
_FELL_DUE = N_("promises of the period that were decided: kept, kept in part or broken")
_RECEIVED = N_("payments received, without reversed ones")
_WORKED = N_("time on cases")
_OPENING = N_("balance on the first morning")
_BALANCE = N_("balance")
_PAST_DUE = N_("balance past due")
_SALES = N_("debt issued in the period")

_CATALOGUE = (
    # activity
    Kpi("penetration", N_("Penetration"), N_("Cases of the list with at least one attempt by a person ÷ cases in the list. The list is every case that lay in a queue on a morning of the period; by agent, the cases they own."), N_("cases of the list with an attempt"), N_("cases in the list"), Unit.SHARE, Source.LISTED, Better.UP, Family.ACTIVITY),
    Kpi("intensity", N_("Intensity"), N_("Outbound attempts by people ÷ cases attempted."), _ATTEMPTS, N_("cases attempted"), Unit.RATIO, Source.CONTACTS, Better.NEITHER, Family.ACTIVITY),
    Kpi("attempts", N_("Attempts"), N_("Outbound contacts by people whose result counts as an attempt. Messages that leave by themselves are not in it."), _ATTEMPTS, "", Unit.COUNT, Source.CONTACTS, Better.UP, Family.ACTIVITY),
    Kpi("contacts", N_("Contacts"), N_("Conversations by people, outbound or inbound, whose result counts as a contact."), _CONTACTS, "", Unit.COUNT, Source.CONTACTS, Better.UP, Family.ACTIVITY),
    Kpi("contact_rate", N_("Contact rate"), N_("Outbound attempts with contact ÷ outbound attempts, by people."), N_("attempts with contact"), _ATTEMPTS, Unit.SHARE, Source.CONTACTS, Better.UP, Family.ACTIVITY),
    Kpi("right_parties", N_("Right-party contacts"), N_("Conversations by people, outbound or inbound, whose result counts as the right party."), _RIGHT_PARTIES, "", Unit.COUNT, Source.CONTACTS, Better.UP, Family.ACTIVITY),
    Kpi("rpc_rate", N_("RPC rate"), N_("Outbound attempts reaching the right party ÷ outbound attempts, by people."), N_("attempts reaching the right party"), _ATTEMPTS, Unit.SHARE, Source.CONTACTS, Better.UP, Family.ACTIVITY),
    Kpi("rpc_per_contact", N_("RPC per contact"), N_("Right-party contacts ÷ contacts: the other definition of the RPC rate."), _RIGHT_PARTIES, _CONTACTS, Unit.SHARE, Source.CONTACTS, Better.UP, Family.ACTIVITY),
    # promises
    Kpi("promises", N_("Promises"), N_("Right-party contacts by people whose result counts as a promise."), N_("contacts that ended in a promise"), "", Unit.COUNT, Source.CONTACTS, Better.UP, Family.PROMISES),
    Kpi("promised", N_("Amount promised"), N_("Sum of the promises taken in the period, whatever became of them."), N_("amount of the promises taken"), "", Unit.MONEY, Source.PROMISES, Better.UP, Family.PROMISES),
    Kpi("ptp_rate", N_("PTP rate"), N_("Promises ÷ right-party contacts. Others divide by attempts: compare with care."), N_("contacts that ended in a promise"), _RIGHT_PARTIES, Unit.SHARE, Source.CONTACTS, Better.UP, Family.PROMISES),
    Kpi("promises_kept", N_("Promises kept"), N_("Promises that fell due in the period and were kept within their days of grace."), N_("promises kept"), "", Unit.COUNT, Source.FALLEN_DUE, Better.UP, Family.PROMISES),
    Kpi("kept_rate", N_("Kept rate"), N_("Promises kept ÷ promises that fell due in the period. Those still within their days of grace, withdrawn or replaced are not counted."), N_("promises kept"), _FELL_DUE, Unit.SHARE, Source.FALLEN_DUE, Better.UP, Family.PROMISES),
    Kpi("kept_amount_rate", N_("Kept rate by amount"), N_("Paid within the window ÷ promised, of the promises that fell due in the period; what is paid beyond a promise does not count."), N_("paid within the window"), N_("amount promised"), Unit.SHARE, Source.FALLEN_DUE, Better.UP, Family.PROMISES),
    # money
    Kpi("recovery", N_("Recovery"), N_("Payments received in the period by their day of payment; reversed ones drop out. An agent is credited with a payment after their right-party contact, the last one within the portfolio's days of attribution."), _RECEIVED, "", Unit.MONEY, Source.PAYMENTS, Better.UP, Family.MONEY),
    Kpi("recovery_rate", N_("Recovery rate"), N_("Payments received ÷ balance on the first morning of the period."), _RECEIVED, _OPENING, Unit.SHARE, Source.PAYMENTS, Better.UP, Family.MONEY),
    Kpi("promise_to_cash", N_("Promise to cash"), N_("Days from a promise taken to a payment within its window, median over the payments received in the period."), N_("days from promise to payment, median"), "", Unit.DAYS, Source.CASH, Better.DOWN, Family.MONEY),
    Kpi("cost", N_("Cost"), N_("Minutes on cases × cost per minute + messages sent × cost per message of their channel, as the portfolio sets them. Messages belong to no agent."), N_("cost of time and messages"), "", Unit.MONEY, Source.COSTS, Better.DOWN, Family.MONEY),
    Kpi("cost_to_collect", N_("Cost to collect"), N_("Cost ÷ payments received."), N_("cost of time and messages"), _RECEIVED, Unit.SHARE, Source.COSTS, Better.DOWN, Family.MONEY),
    # time
    Kpi("handled", N_("Handled contacts"), N_("Calls and visits recorded by people, whatever their result."), N_("contacts handled"), "", Unit.COUNT, Source.WORK, Better.UP, Family.TIME),
    Kpi("aht", N_("Average handling time"), N_("Talk and after-call work ÷ contacts handled: from the beginning of the contact until its outcome was saved."), N_("talk and after-call work"), N_("contacts handled"), Unit.SECONDS, Source.WORK, Better.NEITHER, Family.TIME),
    Kpi("time_on_cases", N_("Time on cases"), N_("From taking a case until its outcome was saved, or it was skipped or given back."), _WORKED, "", Unit.SECONDS, Source.WORK, Better.NEITHER, Family.TIME),
    Kpi("time_available", N_("Time available"), N_("Time at work and available: without breaks, meetings and training. It belongs to people, whichever portfolio they work."), N_("time available"), "", Unit.SECONDS, Source.PRESENCE, Better.NEITHER, Family.TIME),
    Kpi("occupancy", N_("Occupancy"), N_("Time on cases ÷ time available. Choose all the portfolios that the people work."), _WORKED, N_("time available"), Unit.SHARE, Source.WORK, Better.NEITHER, Family.TIME),
    Kpi("skips", N_("Skips"), N_("Times that a case was sent away without a contact."), N_("skips"), "", Unit.COUNT, Source.SKIPS, Better.DOWN, Family.TIME),
    # compliance
    Kpi("blocked_attempts", N_("Unlawful attempts blocked"), N_("Contacts that the law or the portfolio's policy did not allow, stopped with the rule kept."), N_("attempts blocked"), "", Unit.COUNT, Source.BLOCKED, Better.DOWN, Family.COMPLIANCE),
    # messages
    Kpi("messages_sent", N_("Messages sent"), N_("Messages that ask for payment and left in the period."), N_("messages sent"), "", Unit.COUNT, Source.MESSAGES, Better.NEITHER, Family.MESSAGES),
    Kpi("channel_effectiveness", N_("Channel effectiveness"), N_("Replies or payments within three days ÷ messages delivered; by channel, hour and weekday on its own page."), N_("messages answered or followed by a payment"), N_("messages delivered"), Unit.SHARE, Source.MESSAGES, Better.UP, Family.MESSAGES),
    # the book
    Kpi("cases", N_("Cases in the book"), N_("Cases in the book on the last morning of the period, paid ones too."), N_("cases in the book"), "", Unit.COUNT, Source.BOOK, Better.NEITHER, Family.BOOK),
    Kpi("listed", N_("Cases listed"), N_("Cases that lay in a queue on the last morning of the period."), N_("cases in a queue"), "", Unit.COUNT, Source.BOOK, Better.NEITHER, Family.BOOK),
    Kpi("balance", N_("Balance"), N_("What was owed on the last morning of the period."), _BALANCE, "", Unit.MONEY, Source.BOOK, Better.NEITHER, Family.BOOK),
    Kpi("past_due", N_("Past due"), N_("What was past due on the last morning of the period."), _PAST_DUE, "", Unit.MONEY, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("delinquency_rate", N_("Delinquency rate"), N_("Balance past due ÷ balance, on the last morning of the period."), _PAST_DUE, _BALANCE, Unit.SHARE, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("delinquency_30", N_("Delinquency over 30 days"), N_("Balance past due of cases more than 30 days late ÷ balance, on the last morning of the period."), N_("balance past due of cases more than 30 days late"), _BALANCE, Unit.SHARE, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("delinquency_90", N_("Delinquency over 90 days"), N_("Balance past due of cases more than 90 days late ÷ balance, on the last morning of the period."), N_("balance past due of cases more than 90 days late"), _BALANCE, Unit.SHARE, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("average_days_past_due", N_("Average days past due"), N_("Sum of balance × days past due ÷ sum of balance, of the cases past due on the last morning of the period."), N_("balance × days past due"), N_("balance of cases past due"), Unit.DAYS, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("cure_rate", N_("Cure rate"), N_("Balance of cases past due on the first morning that owed nothing past due on the closing morning ÷ balance of cases past due on the first morning."), N_("balance cured"), N_("balance of cases past due on the first morning"), Unit.SHARE, Source.CURES, Better.UP, Family.BOOK),
    Kpi("dso", N_("DSO"), N_("Balance at the close ÷ debt issued in the period × days of the period."), N_("balance at the close"), _SALES, Unit.DAYS, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("best_possible_dso", N_("Best possible DSO"), N_("Balance not yet due at the close ÷ debt issued in the period × days of the period."), N_("balance not yet due at the close"), _SALES, Unit.DAYS, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("add", N_("Average days delinquent"), N_("DSO less best possible DSO: balance past due at the close ÷ debt issued in the period × days of the period."), N_("balance past due at the close"), _SALES, Unit.DAYS, Source.BOOK, Better.DOWN, Family.BOOK),
    Kpi("cei", N_("Collection effectiveness (CEI)"), N_("(Opening balance + debt issued, less closing balance) ÷ (the same, less only the closing balance not yet due)."), N_("what could be collected and was"), N_("what could be collected"), Unit.SHARE, Source.BOOK, Better.UP, Family.BOOK),
)  # fmt: skip

KPIS: dict[str, Kpi] = {each.name: each for each in _CATALOGUE}
