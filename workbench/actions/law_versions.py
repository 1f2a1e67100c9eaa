"""The texts of the law files as they were in use: a decision names one, and what changed can be shown."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.law_regions import law_region
from workbench.rules.law_versions import law_texts, version_of


def record_versions(session: Session, *, at: datetime) -> int:
    """Keeps the text of every country's file that was not seen before; says how many were new.

    A new text may give regions a law of their own, or take it: the debtors who live there are told apart anew.
    """
    new = 0
    for country, content in law_texts().items():
        row = {"country": country, "digest": version_of(country), "content": content, "at": at}
        if session.execute(_KEEP, row).all():
            new += 1
            _settle_regions(session, country)
    return new


def _settle_regions(session: Session, country: str) -> None:
    regions = session.execute(_REGIONS, {"country": country}).scalars().all()
    codes = [law_region(country, region) for region in regions]
    values = {"country": country, "regions": list(regions), "codes": codes}
    if regions and session.execute(_SETTLE, values).rowcount:  # type: ignore[attr-defined]
        session.execute(_MOVE_ITEMS, {"country": country})


_REGIONS = text("""
    SELECT DISTINCT d.region FROM portfolio p JOIN collection_case c ON c.portfolio_id = p.id
    JOIN debtor d ON d.id = c.debtor_id WHERE p.country = :country AND d.region IS NOT NULL
""")
_SETTLE = text("""
    UPDATE debtor d SET law_region = known.code
    FROM unnest(CAST(:regions AS text[]), CAST(:codes AS text[])) AS known (region, code)
    WHERE d.region = known.region AND d.law_region IS DISTINCT FROM known.code
      AND EXISTS (SELECT FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id
                  WHERE c.debtor_id = d.id AND p.country = :country)
""")
_MOVE_ITEMS = text("""
    UPDATE work_item w SET zone = d.place FROM debtor d, portfolio p
    WHERE d.id = w.debtor_id AND p.id = w.portfolio_id AND p.country = :country AND w.zone <> d.place
""")
_KEEP = text("""
    INSERT INTO law_version (country, digest, content, seen_at) VALUES (:country, :digest, :content, :at)
    ON CONFLICT (country, digest) DO NOTHING RETURNING id
""")
