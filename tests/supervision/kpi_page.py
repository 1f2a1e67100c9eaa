"""docs/kpis.md as the catalogue says it: `uv run python -m tests.supervision.kpi_page > docs/kpis.md`."""

from workbench.rules.kpis import KPIS, Family, Kpi, Source

HEAD = """# Figures

One catalogue, read by every board, popover, target and digest, and by `workbench kpi`. This page is written from it
(`uv run python -m tests.supervision.kpi_page > docs/kpis.md`), and a test compares the two.

A figure and the rows behind it come from one SQL text and one condition (`queries/kpi_sources.py`, `queries/kpi_parts.py`),
so that opening a figure always shows what it is made of: `workbench kpi rpc_rate --from 2026-11-01 --to 2026-11-15 --rows
numerator`.

* **Days** are local days of the portfolio; weeks begin on Monday. A period that still runs is compared with as many days of
  the one before, and figures that are told in days count its days so far.
* **Contacts** are counted by the flags of their results, never by the results themselves: who corrects a flag on the page
  *Dispositions* is shown first what it does to the past. Only what people did counts; messages that leave by themselves
  have figures of their own.
* **Money** is never summed across currencies: a scope with two of them has no such figure until a portfolio is chosen.
* **The book** is read from what each morning began with. *Opening* is the first morning of the period, *close* the morning
  after its last day, or the last one there is.
* **Who sees what**: portfolios by team. People are named to those who share a team with them; the work of others in a
  shared portfolio is told together, as other teams. Agents see what is their own and, where the team's policy says so, the
  team's totals and ranking.
* A figure that would divide by nothing is shown as a dash, not as zero.
"""
FAMILIES = {
    Family.ACTIVITY: "Activity",
    Family.PROMISES: "Promises",
    Family.MONEY: "Money",
    Family.TIME: "Time",
    Family.COMPLIANCE: "Compliance",
    Family.MESSAGES: "Messages",
    Family.BOOK: "The book",
}
SOURCES = {
    Source.CONTACTS: "`interaction` of people, with the flags of its `disposition`, by when it began",
    Source.LISTED: "`case_history`: each case that lay in a queue on a morning of the period, once",
    Source.PROMISES: "`promise` by the day it was taken; it belongs to who took it",
    Source.FALLEN_DUE: "`promise` by the day it fell due, once it was decided",
    Source.PAYMENTS: "`payment` received (no credit notes, write-offs or discounts) by its day, without reversed ones",
    Source.CASH: "payments with the last promise of the case in whose window they fall",
    Source.WORK: "calls and visits of people, and the cases they skipped or gave back",
    Source.PRESENCE: "`presence` that is available, cut to the period",
    Source.COSTS: "work and messages that left, at the portfolio's cost of them",
    Source.BLOCKED: "`blocked_contact` by when the contact would have begun",
    Source.SKIPS: "`audit_entry` of skips",
    Source.BOOK: "`book_day`, whose rows are sums of `case_history`; and `receivable` by its day of issue",
    Source.CURES: "`case_history` on the first and on the closing morning",
    Source.MESSAGES: "`message` that asks for payment, by when it left",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for family, name in FAMILIES.items():
        rows = [_row(each) for each in KPIS.values() if each.family is family]
        heads = "| name | figure | formula | divided | unit | rows |\n|---|---|---|---|---|---|"
        parts.append("\n".join([f"## {name}\n", heads, *rows, ""]))
    sources = [f"* **{source.value}**: {words}" for source, words in SOURCES.items()]
    parts.append("\n".join(["## Where the rows come from\n", *sources, ""]))
    return "\n".join(parts)


def _row(kpi: Kpi) -> str:
    divided = f"{kpi.numerator} ÷ {kpi.denominator}" if kpi.denominator else kpi.numerator
    cells = (f"`{kpi.name}`", kpi.label, kpi.formula, divided, kpi.unit.value, kpi.source.value)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(), end="")
