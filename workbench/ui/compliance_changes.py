"""What changed between two versions of a law, rule by rule, and whom it affects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.compliance import Affected, Home, affected_by, homes
from workbench.queries.law_versions import Version, law_versions
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Known
from workbench.rules.law_binding import region_of
from workbench.rules.law_diff import LawDiff, compare
from workbench.rules.law_effects import Minutes, effects
from workbench.rules.law_files import LawFileError
from workbench.rules.law_schema import Jurisdiction
from workbench.rules.law_versions import digest, law_texts
from workbench.rules.law_words import CHANNELS
from workbench.rules.refusals import Refused
from workbench.ui import access, frame, i18n, number_columns, table_files
from workbench.ui.compliance_diff import diff_page
from workbench.ui.compliance_words import hours, parsed
from workbench.ui.i18n import _, city, day, moment

PLACES = 60  # the fullest places of a portfolio; a country has a handful of zones and at most some thirty states


@dataclass(frozen=True, slots=True)
class Text:
    """One version to choose: its label and the file's text."""

    label: str
    content: str


def show(who: Viewer, portfolio: Portfolio) -> None:
    """The part “Changes” of the page."""
    country = portfolio.country
    with db.reading() as session:
        texts = _texts(country, law_versions(session, who, country), portfolio.time_zone)
    texts = _own_file() | texts  # the one to be judged is the one after
    if len(texts) < 2:
        frame.empty_state(
            _("Only one version of this law is known"),
            _(
                "Every text that was in use is kept. Choose a file above to see what it would change before it is put in use."
            ),
        )
        return
    names = list(texts)
    left, right = st.columns(2)
    older = left.selectbox(_("Before"), names, index=1, format_func=lambda each: texts[each].label, key="law-before")
    newer = right.selectbox(_("After"), names, index=0, format_func=lambda each: texts[each].label, key="law-after")
    try:
        before, after = (parsed(texts[name].content, country) for name in (older, newer))
    except LawFileError as error:
        st.error(str(error))
        return
    found = compare(before, after)
    frame.markup(diff_page(found))
    if not found.same:
        _affected(who, country, before, after, found)


def _texts(country: str, versions: list[Version], zone: str) -> dict[str, Text]:
    """The versions by digest, the newest first: the file now, then what was in use before."""
    now = law_texts().get(country)
    texts = {digest(now): Text(_("The file now ({digest})", digest=digest(now)), now)} if now else {}
    for each in versions:
        label = _("{digest}, in use from {moment}", digest=each.digest, moment=moment(each.seen_at, zone))
        texts.setdefault(each.digest, Text(label, each.content))
    return texts


def _own_file() -> dict[str, Text]:
    """A file that is not in use yet, to see what it would change."""
    with st.expander(_("Compare with a file of your own")):
        file = st.file_uploader(
            _("A law file (YAML); it is only compared, nothing is put in use"), type=["yaml", "yml"], key="law-file"
        )
    if file is None:
        return {}
    content = file.getvalue().decode("utf-8", errors="replace")
    return {digest(content): Text(_("Your file {name}", name=file.name), content)}


def _files(name: str, rows: list[dict[str, Any]]) -> None:
    table_files.beside(name, rows, permission=Permission.SEE_LAW_CHANGES)


def _affected(who: Viewer, country: str, before: Jurisdiction, after: Jurisdiction, found: LawDiff) -> None:
    with db.reading() as session:
        portfolios = affected_by(session, who, country)
        lived = {each.portfolio_id: homes(session, who, each.portfolio_id) for each in portfolios}
    st.markdown(f"**{_('Whom it affects')}**")
    whom = [
        {_("Portfolio"): each.name, _("Debtors"): each.debtors, _("Open cases"): each.open_cases} for each in portfolios
    ]
    number_columns.draw(whom, number_columns.counts(_("Debtors"), _("Open cases")), key="law-affected")
    _files("law-affected", whom)
    monday = access.now().date()
    monday += timedelta(days=7 - monday.weekday())
    st.markdown(f"**{_('Lawful hours in the week of {day}', day=day(monday))}**")
    rows, refused = _effects(portfolios, lived, before, after, monday)
    for because in refused:
        st.warning(because)
    if rows:
        number_columns.draw(rows, number_columns.counts(_("Debtors")), key="law-effects")
        _files("law-effects", rows)
    elif not refused:
        st.caption(
            _("No lawful hour changes. What changes is how often, whom, or only how it is told.")
            if not _only_words(found)
            else _("Nothing that binds changes.")
        )


def _only_words(found: LawDiff) -> bool:
    return not (found.added or found.removed) and all(change.only_words for change in found.changed)


def _effects(
    portfolios: list[Affected], lived: dict[int, list[Home]], before: Jurisdiction, after: Jurisdiction, monday: date
) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each place and channel whose hours change, and why it could not be told for a portfolio."""
    rows: list[dict[str, Any]] = []
    refused: list[str] = []
    for each in portfolios:
        try:
            rows += _of_portfolio(each, _joined(after, lived[each.portfolio_id]), before, after, monday)
        except Refused as because:
            refused.append(f"{each.name}: {i18n.refusal(because)}")
    return rows, refused


def _joined(law: Jurisdiction, lived: list[Home]) -> list[Home]:
    """The places with their regions as the law knows them, the fullest first."""
    joined: dict[tuple[str, str | None], int] = {}
    for home in lived:
        key = (home.zone, region_of(law, home.region))
        joined[key] = joined.get(key, 0) + home.debtors
    found = [Home(zone, region, debtors) for (zone, region), debtors in joined.items()]
    return sorted(found, key=lambda home: -home.debtors)[:PLACES]


def _of_portfolio(
    each: Affected, lived: list[Home], before: Jurisdiction, after: Jurisdiction, monday: date
) -> Iterator[dict[str, Any]]:
    for home in lived:
        known = Known(home.zone, home.region)
        where = f"{city(home.zone)} · {after.regions[home.region].name}" if home.region else city(home.zone)
        for effect in effects(each.place, known, before, after, first=monday):
            if not (effect.law.same and effect.within_policy.same):
                yield {
                    _("Portfolio"): each.name,
                    _("Where"): where,
                    _("Debtors"): home.debtors,
                    _("Channel"): _(CHANNELS[effect.channel]),
                    _("By the law"): _told(effect.law),
                    _("Within the portfolio's policy"): _told(effect.within_policy),
                }


def _told(week: Minutes) -> str:
    """Hours before and after, and what that makes."""
    if week.same:
        return _("{hours} h, as before", hours=hours(week.after))
    sign = "+" if week.after > week.before else "-"
    return _(
        "{before} h → {after} h ({difference})",
        before=hours(week.before),
        after=hours(week.after),
        difference=f"{sign}{hours(abs(week.after - week.before))}",
    )
