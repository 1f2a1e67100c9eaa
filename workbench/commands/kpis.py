"""`workbench kpi`: any figure of the catalogue, for a period, a team or a person; its sides, and its rows."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlmodel import Session

from workbench import clock, db, settings
from workbench.queries.contact_rules import places
from workbench.queries.kpis import By, Figure, Group, Rows, Scope, Side, breakdown, figures, rows_of
from workbench.queries.portfolios import portfolio_by_code, visible_portfolios
from workbench.queries.teams import team_asked_for
from workbench.queries.users import user_asked_for, viewer_by_email
from workbench.rules.access import Viewer
from workbench.rules.kpis import KPIS, Unit
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say, spoken

Day = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; the last one if left out.")
]
LastDay = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; today in the first portfolio's zone.")
]
HEADS = (N_("Figure"), N_("Value"), N_("Numerator"), N_("Denominator"), N_("Rows"))
NOTHING = "—"


def kpi(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="One or several; --list shows them.")
    ] = None,
    *,
    listed: Annotated[bool, typer.Option("--list", help="Show the catalogue with every formula.")] = False,
    from_on: Day = None,
    to_on: LastDay = None,
    portfolio: Annotated[list[str] | None, typer.Option(help="Code; repeat for several; all if left out.")] = None,
    team: Annotated[str | None, typer.Option(help="Code of a team.")] = None,
    agent: Annotated[str | None, typer.Option(help="E-mail of one person.")] = None,
    by: Annotated[By | None, typer.Option(help="Tell it apart by this.")] = None,
    rows: Annotated[Side | None, typer.Option(help="Show the rows of this side of the figure.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many rows at most.")] = 500,
    email: Annotated[str | None, typer.Option("--as", help="Who asks; the operator if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Figures of the catalogue, as every board shows them, with what they are divided by.

    Example: `workbench kpi rpc_rate kept_rate --from 2026-11-01 --to 2026-11-15 --by agent --as sofia@example.com`
    """
    if listed or not names:
        _show_catalogue(as_json=as_json)
        return
    if unknown := [name for name in names if name not in KPIS]:
        raise Refused("There is no figure {name}; `workbench kpi --list` shows them.", name=", ".join(unknown))
    at = clock.now()
    with connected(settings.load()), db.reading() as session:
        who = viewer_by_email(session, email)
        scope = _scope(session, who, portfolio, (from_on, to_on), at)
        scope = _narrowed(session, who, scope, team, agent)
        if rows is not None:
            _show_rows(
                [rows_of(session, who, name, scope, rows, at=at, most=most, language=spoken()) for name in names],
                as_json=as_json,
            )
        elif by is not None:
            _show_groups(breakdown(session, who, names, scope, by, at=at).groups, names, as_json=as_json)
        else:
            _show_figures(figures(session, who, names, scope, at=at), scope, as_json=as_json)


def _scope(
    session: Session,
    who: Viewer | None,
    codes: list[str] | None,
    days: tuple[datetime | None, datetime | None],
    at: datetime,
) -> Scope:
    """The portfolios asked for, or all that may be seen; without a last day, until today there."""
    books = [portfolio_by_code(session, code, who=who) for code in codes] if codes else visible_portfolios(session, who)
    ids = tuple(book.id for book in books if book.id is not None)
    if not ids:
        raise Refused("There is nothing here that you may see.")
    to_on = days[1].date() if days[1] else places(session, ids[:1])[ids[0]].today(at)
    return Scope(ids, days[0].date() if days[0] else to_on, to_on)


def _narrowed(session: Session, who: Viewer | None, scope: Scope, team: str | None, agent: str | None) -> Scope:
    team_id = team_asked_for(session, who, team) if team else None
    user_id = user_asked_for(session, who, agent) if agent else None
    return Scope(scope.portfolio_ids, scope.from_on, scope.to_on, team_id, user_id)


def _show_catalogue(*, as_json: bool) -> None:
    if as_json:
        answer([_told(name) for name in KPIS])
        return
    table = Table(_("Name"), _("Figure"), _("Formula"), box=None)
    for each in KPIS.values():
        table.add_row(each.name, _(each.label), _(each.formula))
    console.print(table)


def _told(name: str) -> dict[str, Any]:
    """A figure of the catalogue as JSON has it, in the reader's words."""
    words = ("label", "formula", "numerator", "denominator")
    return {key: _(value) if key in words and value else value for key, value in asdict(KPIS[name]).items()}


def _show_figures(found: dict[str, Figure], scope: Scope, *, as_json: bool) -> None:
    if as_json:
        answer([_told(name) | _plain(figure) | _period(scope) for name, figure in found.items()])
        return
    table = Table(*(_(head) for head in HEADS), box=None)
    for figure in found.values():
        table.add_row(_(figure.kpi.label), *_cells(figure))
    console.print(table)
    for because in dict.fromkeys(figure.because for figure in found.values() if figure.because):
        say(_(because))


def _show_groups(groups: tuple[Group, ...], names: list[str], *, as_json: bool) -> None:
    if as_json:
        answer(
            [
                {"key": each.key, "label": _label(each), **{name: _plain(each.figures[name]) for name in names}}
                for each in groups
            ]
        )
        return
    table = Table("", *(_(KPIS[name].label) for name in names), box=None)
    for each in groups:
        table.add_row(_label(each), *(_value(each.figures[name]) for name in names))
    console.print(table)


def _show_rows(found: list[Rows], *, as_json: bool) -> None:
    if as_json:
        answer(
            [
                {
                    "columns": [_("Case"), *(_(head) for head in each.columns)],
                    "rows": [[case, *row] for case, row in zip(each.case_ids, each.rows, strict=True)],
                    "total": each.total,
                    "value": each.value,
                }
                for each in found
            ]
        )
        return
    for each in found:
        table = Table(_("Case"), *(_(head) for head in each.columns), box=None)
        for case, row in zip(each.case_ids, each.rows, strict=True):
            table.add_row(str(case or NOTHING), *(NOTHING if cell is None else str(cell) for cell in row))
        console.print(table)
        say(_("{shown} of {total} rows; together {value}.", shown=len(each.rows), total=each.total, value=each.value))


def _label(group: Group) -> str:
    return group.label if group.named else _(group.label)


def _plain(figure: Figure) -> dict[str, Any]:
    """A figure's numbers as JSON has them: amounts as text, so that no digit is lost."""
    because = _(figure.because) if figure.because else None
    numbers = {name: getattr(figure, name) for name in ("value", "currency", "sample")}
    return numbers | {"of": figure.numerator, "divided_by": figure.denominator, "because": because}


def _period(scope: Scope) -> dict[str, date]:
    return {"from": scope.from_on, "to": scope.to_on}


def _cells(figure: Figure) -> tuple[str, ...]:
    sides = (
        "" if side is None else f"{side:,.2f}".removesuffix(".00") for side in (figure.numerator, figure.denominator)
    )
    return (_value(figure), *sides, f"{figure.sample:,}")


def _value(figure: Figure) -> str:
    value, unit = figure.value, figure.kpi.unit
    if value is None:
        return NOTHING
    if unit is Unit.SHARE:
        return f"{value:.1%}"
    if unit is Unit.MONEY:
        return f"{value:,.2f} {figure.currency}"
    if unit is Unit.SECONDS:
        return str(timedelta(seconds=round(float(value))))
    return f"{value:,}" if unit is Unit.COUNT else f"{value:,.2f}"
