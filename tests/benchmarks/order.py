"""The order report on the demo portfolios and, if one is given, on a file of receivables with their paid dates.

uv run python -m tests.benchmarks.order [FILE --mapping FILE.yaml --country US --currency USD --zone America/New_York
--on 2013-06-01] [--mornings N] [--json]

The file comes in whole, settled rows as history; the report then stands on the morning of `--on` and knows only what was
known then, which is the same as importing what was settled before that day and the rest as open.
"""

import argparse
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from seed.load import seed_demo
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions.dispositions import install_dispositions
from workbench.actions.imports import ImportFile, open_file, save_import
from workbench.actions.portfolios import NewPortfolio, create_portfolio, create_team
from workbench.queries.order_report import ORDERS, OrderReport, order_report
from workbench.queries.portfolios import visible_portfolios
from workbench.rules.intake.mappings import load_mapping


def bring_in(asked: argparse.Namespace, at: datetime) -> None:
    """The given file as a portfolio of its own."""
    with db.transaction() as session:
        create_team(session, code="file", name="File", by=None, at=at)
        new = NewPortfolio("FILE", asked.file.stem, "FILE", "", asked.country, asked.currency, asked.zone, ("file",))
        portfolio = create_portfolio(session, new, by=None, at=at)
    assert portfolio.id is not None
    mapping = load_mapping(asked.mapping.read_text(), asked.mapping.name) if asked.mapping else None
    with db.transaction() as session:
        intake = open_file(
            session, None, portfolio.id, ImportFile(asked.file.name, asked.file.read_bytes(), mapping), at=at
        )
        report = save_import(session, intake, by=None, at=at)
    if not report.saved:
        raise SystemExit(f"the file was not saved: {report.because or report.questions}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--mapping", type=Path)
    parser.add_argument("--country", default="US")
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--zone", default="America/New_York")
    parser.add_argument("--on", type=date.fromisoformat)
    parser.add_argument("--mornings", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    at = datetime.now(UTC)
    with throwaway_folder() as folder, embedded.using(Path(folder), durable=False) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        with db.transaction() as session:
            install_dispositions(session)
        seed_demo(at=at)
        if asked.file:
            bring_in(asked, at)
        with db.reading() as session:
            reports = [
                order_report(session, each, on=asked.on if each.code == "FILE" else None, mornings=mornings)
                for each in visible_portfolios(session, None)
                for mornings in sorted({1, asked.mornings})
            ]
        db.engine().dispose()
    show([_plain(report) for report in reports], as_json=asked.json)


def _plain(report: OrderReport) -> dict[str, Any]:
    facts = {
        name: str(getattr(report, name)) for name in ("portfolio", "on", "mornings", "cases", "late_money", "currency")
    }
    return facts | report.shares()


def show(reports: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(reports))
        return
    for report in reports:
        print(
            f"\n{report['portfolio']}, {report['mornings']} morning(s) to {report['on']}, {report['cases']} past-due cases"
        )
        for measure in ("late", "answered"):
            print(f"  {measure:<10}" + "".join(f"{name:>15}" for name in ORDERS))
            for share in ("10%", "20%", "30%"):
                print(f"  {share:<10}" + "".join(f"{report[measure][name][share]:>15.1%}" for name in ORDERS))


if __name__ == "__main__":
    main()
