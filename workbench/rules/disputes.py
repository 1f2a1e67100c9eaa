"""What somebody may claim, and what each claim does: which pause it begins, and of what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.disputes import DisputeKind, Resolution
from models.pauses import PauseKind
from workbench.rules.pauses import BARS_CONTACT
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

CENT = Decimal("0.01")
PAUSES: dict[DisputeKind, PauseKind] = {
    DisputeKind.DISPUTE: PauseKind.DISPUTE,
    DisputeKind.HARDSHIP: PauseKind.HARDSHIP,
    DisputeKind.LEGAL_HOLD: PauseKind.LEGAL_HOLD,
    DisputeKind.DECEASED: PauseKind.DECEASED,
}
KINDS: dict[DisputeKind, str] = {
    DisputeKind.DISPUTE: N_("Dispute"),
    DisputeKind.HARDSHIP: N_("Hardship"),
    DisputeKind.LEGAL_HOLD: N_("Legal hold"),
    DisputeKind.DECEASED: N_("Deceased"),
}
RESOLUTIONS: dict[Resolution, str] = {
    Resolution.RESUMED: N_("Not so, or settled: collection goes on"),
    Resolution.WRITTEN_DOWN: N_("The debtor is right: write the debt down"),
    Resolution.CONFIRMED: N_("It is so: the pause stays"),
    Resolution.WITHDRAWN: N_("Withdrawn by who opened it"),
}


@dataclass(frozen=True, slots=True)
class Category:
    """A claim in words; `of_account` = it may be about one account, else it is always about the whole case."""

    kind: DisputeKind
    label: str
    of_account: bool = False

    @property
    def bars_contact(self) -> bool:
        """Whether nobody may contact the debtor until it is decided."""
        return PAUSES[self.kind] in BARS_CONTACT


# What each pauses: the clock, the class, messages and calls of the case or of the account; legal holds and deaths bar
# every contact as well.
CATEGORIES: dict[str, Category] = {
    "wrong_amount": Category(DisputeKind.DISPUTE, N_("The amount is wrong"), of_account=True),
    "paid_before": Category(DisputeKind.DISPUTE, N_("It was paid before"), of_account=True),
    "not_theirs": Category(DisputeKind.DISPUTE, N_("The debt is not theirs"), of_account=True),
    "not_delivered": Category(DisputeKind.DISPUTE, N_("Goods or service missing or faulty"), of_account=True),
    "charged_twice": Category(DisputeKind.DISPUTE, N_("Charged twice"), of_account=True),
    "fraud": Category(DisputeKind.DISPUTE, N_("Fraud: somebody used their name"), of_account=True),
    "complaint": Category(DisputeKind.DISPUTE, N_("Another complaint"), of_account=True),
    "no_income": Category(DisputeKind.HARDSHIP, N_("Lost their income")),
    "illness": Category(DisputeKind.HARDSHIP, N_("Illness")),
    "disaster": Category(DisputeKind.HARDSHIP, N_("Natural disaster")),
    "vulnerable": Category(DisputeKind.HARDSHIP, N_("Vulnerable situation")),
    "lawyer": Category(DisputeKind.LEGAL_HOLD, N_("Represented by a lawyer")),
    "insolvency": Category(DisputeKind.LEGAL_HOLD, N_("Insolvency proceedings")),
    "court": Category(DisputeKind.LEGAL_HOLD, N_("Order of a court or an authority")),
    "death_reported": Category(DisputeKind.DECEASED, N_("Death reported, to be confirmed")),
    "death_confirmed": Category(DisputeKind.DECEASED, N_("Death confirmed")),
}


def categories_of(kind: DisputeKind) -> list[str]:
    """The codes of a kind, in the order in which they are offered."""
    return [code for code, each in CATEGORIES.items() if each.kind is kind]


def check_claim(
    kind: DisputeKind,
    category: str,
    *,
    account_id: int | None,
    note: str,
    disputed: Decimal | None,
    owed: Mapping[int, Decimal],
) -> Category:
    """The category, when the claim can be made; `owed` = the balance of each account of the case."""
    found = CATEGORIES.get(category)
    if found is None or found.kind is not kind:
        raise Refused("Choose what it is about from the list.", field="category")
    if not note.strip():
        raise Refused("Write down what the debtor says.", field="note")
    if account_id is not None and not found.of_account:
        raise Refused("This is about the whole case, not about one account.", field="account")
    if account_id is not None and account_id not in owed:
        raise Refused("There is nothing here that you may see.")
    if disputed is not None:
        if kind is not DisputeKind.DISPUTE:
            raise Refused("Only a dispute is about an amount.", field="disputed")
        require_amount(disputed, at_most=owed_on(account_id, owed), field="disputed")
    return found


def check_resolution(resolution: Resolution, note: str, written_down: Decimal | None) -> None:
    """Refuses a decision without its reason, and an amount where none is written down or none where one is."""
    if not note.strip():
        raise Refused("Write down why.", field="note")
    if resolution is Resolution.WRITTEN_DOWN and written_down is None:
        raise Refused("Enter how much is written down.", field="written_down")
    if resolution is not Resolution.WRITTEN_DOWN and written_down is not None:
        raise Refused("Only what is written down has an amount.", field="written_down")


def require_amount(amount: Decimal, *, at_most: Decimal, field: str) -> None:
    """Refuses what is no money, and more than is owed."""
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(CENT):
        raise Refused("The amount must be greater than zero, with two decimals at most.", field=field)
    if amount > at_most:
        raise Refused("Only {owed} is owed on what this is about.", owed=f"{at_most:,.2f}", field=field)


def owed_on(account_id: int | None, owed: Mapping[int, Decimal]) -> Decimal:
    """What is owed on an account, or (none) on the whole case."""
    return sum(owed.values(), Decimal(0)) if account_id is None else owed.get(account_id, Decimal(0))


def is_overdue(deadline_on: date, today: date) -> bool:
    """Whether a claim should have been decided by now; the day itself is still in time."""
    return today > deadline_on
