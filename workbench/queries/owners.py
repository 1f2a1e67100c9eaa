"""For whom a case's work is kept: its owner, as long as they work its portfolio. What nobody could claim is everybody's."""

_WORKS = "u.active AND u.role IN ('agent', 'supervisor')"

# people who work the portfolio :portfolio, for statements over many of its cases
WORKERS = f"""(SELECT DISTINCT u.id FROM app_user u JOIN team_member m ON m.user_id = u.id
        JOIN team_portfolio t ON t.team_id = m.team_id WHERE t.portfolio_id = :portfolio AND {_WORKS})"""


def works(person: str, portfolio: str) -> str:
    """The condition that a person, an expression for a user's id, works a portfolio."""
    return f"""EXISTS (SELECT FROM app_user u JOIN team_member m ON m.user_id = u.id
        JOIN team_portfolio t ON t.team_id = m.team_id
        WHERE u.id = {person} AND t.portfolio_id = {portfolio} AND {_WORKS})"""


def owner_of(case: str) -> str:
    """The owner for whom a case's items are kept, or NULL; `case` is an expression for its id."""
    return f"(SELECT k.owner_id FROM collection_case k WHERE k.id = {case} AND {works('k.owner_id', 'k.portfolio_id')})"


def keeper_of(item: str) -> str:
    """For whom an item, a row's name, stays kept: whom it is kept for, or the owner, as long as they work there; or NULL."""
    kept = f"CASE WHEN {works(f'{item}.reserved_for', f'{item}.portfolio_id')} THEN {item}.reserved_for END"
    return f"coalesce({kept}, {owner_of(f'{item}.case_id')})"
