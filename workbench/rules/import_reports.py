"""What an import did, or would do: counts, sums, examples, what was refused; as a manager reads it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from models.imports import FileKind
from workbench.rules.intake.findings import Question, RowRefusal, Warned
from workbench.rules.words import N_

KEPT_REFUSALS = 1_000  # of a file's refused rows, for good; the rest is counted
LABELS = {
    "received": N_("New payments"),
    "reversed": N_("Payments taken back"),
    "credit": N_("Paid in excess, kept as credit"),
    "new": N_("New receivables"),
    "history": N_("Settled receivables kept as history"),
    "lowered": N_("Balances lowered"),
    "raised": N_("Balances raised"),
    "settled": N_("Receivables settled"),
    "reopened": N_("Receivables open again"),
    "dates": N_("Due dates changed"),
    "absent": N_("No longer in the file, closed by the portfolio's rule"),
    "unchanged": N_("Unchanged"),
    "skipped": N_("Settled before we knew them, skipped"),
    "new_debtors": N_("New debtors"),
    "changed_debtors": N_("Debtors with new data"),
    "new_accounts": N_("New accounts"),
    "new_credit_notes": N_("New credit notes"),
    "new_contacts": N_("New phones and e-mails"),
    "unusable_contacts": N_("New phones and e-mails that cannot be used"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One receivable that changes: `before` and `after` are its balance, in the portfolio's currency.

    Of a payment, `document` is its reference, `due_on` its day, and the balances are all that its debtor owed.
    """

    what: str
    row_number: int | None
    debtor: str
    document: str
    due_on: date
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file changed, or would change (`saved` says which).

    `counts` by the names of `LABELS`; `sums` how much each kind moves what is owed, in `currency`. `because` is
    why nothing was saved (a msgid).
    """

    portfolio: str
    currency: str
    file_name: str
    business_date: date
    read: int
    counts: dict[str, int]
    sums: dict[str, Decimal]
    samples: list[Sample] = field(default_factory=list)
    refused: list[RowRefusal] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    saved: bool = False
    because: str | None = None
    run_id: int | None = None
    kind: FileKind = FileKind.DEBTS

    @property
    def changes(self) -> int:
        """How many receivables and others the file changes."""
        return sum(n for name, n in self.counts.items() if name not in ("unchanged", "skipped"))

    def as_kept(self) -> dict[str, Any]:
        """The report as its run's row keeps it: reasons as msgids, to be said later in any reader's language."""
        kept: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return kept | {"refused": kept["refused"][:KEPT_REFUSALS], "refused_count": len(self.refused), "questions": []}

    @classmethod
    def from_kept(cls, kept: dict[str, Any]) -> "ImportReport":
        """The report that `as_kept` wrote."""
        samples = [
            Sample(**{**each, "due_on": date.fromisoformat(each["due_on"]), "before": Decimal(each["before"]),
                      "after": Decimal(each["after"])})
            for each in kept["samples"]
        ]  # fmt: skip
        told = {
            name: kept[name]
            for name in (
                "portfolio",
                "currency",
                "file_name",
                "read",
                "counts",
                "columns",
                "saved",
                "because",
                "run_id",
            )
        }
        return cls(
            **told,
            kind=FileKind(kept.get("kind", FileKind.DEBTS)),
            business_date=date.fromisoformat(kept["business_date"]),
            sums={name: Decimal(amount) for name, amount in kept["sums"].items()},
            samples=samples,
            refused=[RowRefusal(**each) for each in kept["refused"]],
            warnings=[Warned(**each) for each in kept["warnings"]],
        )

    def as_json(self, say: Callable[..., str] | None = None) -> dict[str, Any]:
        """The report as JSON holds it; reasons are in English unless `say` translates a msgid and its values."""
        say = say or (lambda msgid, **values: msgid.format(**values))
        return {
            "kind": self.kind.value,
            "portfolio": self.portfolio,
            "currency": self.currency,
            "file_name": self.file_name,
            "business_date": str(self.business_date),
            "saved": self.saved,
            "because": self.because and say(self.because),
            "run_id": self.run_id,
            "read": self.read,
            "counts": self.counts,
            "sums": {name: str(amount) for name, amount in self.sums.items()},
            "refused": [
                {"row": each.row_number, "column": each.column, "value": each.value, "reason": say(each.because, **each.values)}
                for each in self.refused
            ],
            "warnings": [say(each.because, **each.values) for each in self.warnings],
            "questions": [
                {"setting": each.setting, "column": each.column, "question": say(each.because, **each.values), "answers": each.answers,
                 "suggested": each.suggested}
                for each in self.questions
            ],
            "samples": [
                {"what": s.what, "row": s.row_number, "debtor": s.debtor, "document": s.document, "due_on": str(s.due_on),
                 "before": str(s.before), "after": str(s.after)}
                for s in self.samples
            ],
        }  # fmt: skip
