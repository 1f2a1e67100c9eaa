"""Every table of rows can be taken as a file, and every file is made in one place: safe, masked, noted.

Who draws a table offers its files in the same function, or is told of below with what it is instead.
"""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRAWS = {("st", "dataframe"), ("st", "table"), ("st", "data_editor"), ("number_columns", "draw")}
FILES = {"downloads", "beside"}  # of ui/table_files.py
# whose files stand elsewhere on the same page
ELSEWHERE = {
    "ui/outbox_list._table": ("ui/outbox_file.download", "every page of the list"),
    "ui/payments_list._table": ("ui/payments_list._download", "every page of the list"),
    "ui/promises_list.table": ("ui/promises_file.downloads", "more than is shown"),
    "ui/compliance_blocked._attempts": ("ui/compliance_blocked._download", "with what was told of each"),
    "ui/compliance_evidence._history": ("ui/compliance_evidence._downloads", "with its seal, and as a PDF"),
    "ui/statement_table.markup_of": ("pages/statement.files", "and as a PDF"),
    "ui/performance_goals.table": ("ui/own_figures.goals", "and below the team's goals"),
    "ui/kpi_rows.table": ("ui/kpi_rows._show", "all rows, not the shown ones only"),
}
# drawn for the eye: no rows of work that somebody would take away
FOR_THE_EYE = {
    "pages/negotiations.waiting": "one's own queue, handed out one by one",
    "ui/approval_cards.told": "one request",
    "ui/approval_words.context_table": "one request's case",
    "ui/approval_words.limits_table": "one request beside its limits",
    "ui/assignment_preview._evenness": "how even one deal comes out; its agents are a file",
    "ui/card.accounts": "one debtor's card",
    "ui/compliance_blocked._tally": "counts of the list below, which is a file",
    "ui/compliance_diff._fields": "two versions of one rule",
    "ui/effectiveness_figures.table": "markup; who shows it offers `rows_of` as a file",
    "ui/floor_people.table": "this second, drawn anew every five; its day is Team performance",
    "ui/imports._show_refused": "the reader's own file, whose refused rows go back to them",
    "ui/imports.show_report": "what the reader's own file will do",
    "ui/negotiation_parts.debt_table": "one debtor's debt",
    "ui/negotiation_parts.schedule": "one offer's installments",
    "ui/outbox_detail._events": "one message",
    "ui/policy_offers._table": "the policy's own words",
    "ui/promises_list.week": "seven sums of the list below, which is a file",
    "ui/statement_table._sums": "sums of the statement, which is a file",
    "ui/strategy_dry_run._held": "counts of the rows below, which are a file",
    "ui/strategy_effect._table": "markup; who shows it offers its rows as a file",
    "ui/strategy_form.ladder": "a form to type in",
    "ui/strategy_ladder._events": "the strategy's own words",
    "ui/strategy_ladder.ladder": "the strategy's own words",
    "ui/template_lists.placeholders": "what may be written in a text",
    "ui/template_lists.versions": "one text",
    "ui/template_preview._variables": "one text's values",
}
PARTS = {"ui/number_columns"}  # draws what others hand it
LIVE = {"ui/floor_queues", "ui/floor_waits"}  # this second, drawn anew every five
# papers and returned files, none of them a table of the page; each is made of what its reader sees already
PAPERS = {
    "pages/statement.files": "a debtor's statement: `note_statement_export`",
    "ui/agreement_letter.download": "a letter, noted where it is taken out",
    "ui/compliance_evidence._downloads": "a debtor's evidence: `note_evidence_export`",
    "ui/dispute_detail._view": "what a debtor brought",
    "ui/hand_overs._download": "a file for an agency, noted by the deed that makes it",
    "ui/imports._show_refused": "the reader's own rows, back to them",
}
# in modules with lists of debtors, these have none
NOBODY_IN_PERSON = {"ui/order_simulated.show", "ui/order_simulated.at_capacity", "ui/strategy_dry_run._told"}
Functions = dict[str, Sequence[ast.AST]]


def functions() -> Functions:
    """Each function or page by its room, module and name, with what stands in it."""
    found: Functions = {}
    for path in sorted([*(ROOT / "pages").glob("*.py"), *(ROOT / "workbench/ui").glob("*.py")]):
        tree, module = ast.parse(path.read_text()), f"{path.parent.name}/{path.stem}"
        defined = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
        found |= {f"{module}.{each.name}": list(ast.walk(each)) for each in defined}
        found[module] = [inner for each in tree.body if each not in defined for inner in ast.walk(each)]
    return found


def called(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for each in nodes:
        if isinstance(each, ast.Call):
            yield getattr(each.func, "attr", getattr(each.func, "id", ""))


def draws(nodes: Sequence[ast.AST]) -> bool:
    """Whether a table is drawn: one of Streamlit's, by hand or by `number_columns`, or one of our own markup."""
    return any(
        (isinstance(each, ast.Attribute) and (getattr(each.value, "id", ""), each.attr) in DRAWS)
        or (isinstance(each, ast.Constant) and isinstance(each.value, str) and "<table" in each.value)
        for each in nodes
    )


def offers(name: str, known: Functions) -> bool:
    """Whether its files are offered there, or by a function of its module that it calls."""
    calls = set(called(known[name]))
    if calls & FILES:
        return True
    module = name.partition(".")[0]
    return any(set(called(known[f"{module}.{each}"])) & FILES for each in calls if f"{module}.{each}" in known)


def test_every_table_can_be_taken_as_a_file() -> None:
    known = functions()
    drawn = {name for name, nodes in known.items() if draws(nodes) and name.partition(".")[0] not in LIVE | PARTS}
    bare = {name for name in drawn if not offers(name, known)}
    assert bare - ELSEWHERE.keys() - FOR_THE_EYE.keys() == set(), "draws a table that cannot be taken as a file"
    assert ELSEWHERE.keys() | FOR_THE_EYE.keys() == bare, "is told of, and need not be any more"
    for name, (where, _why) in ELSEWHERE.items():
        made = set(called(known[where]))
        assert made & ({"buttons", "save_button"} | FILES), name


def test_a_file_is_made_where_it_is_safe_masked_and_noted() -> None:
    """Of the product's own tables `table_files` makes every file; what else leaves is a paper, told of above."""
    known = functions()
    own = {name for name, nodes in known.items() if {"download_button", "save_button"} & set(called(nodes))}
    assert own - {"ui/table_files.buttons", "ui/made_files.save_button"} == PAPERS.keys()


def test_only_the_safe_writer_writes_spreadsheets() -> None:
    """What begins like a formula is made text in one place: nothing else writes CSV or Excel."""
    wrote = set()
    for room in ("pages", "workbench", "workers"):
        for path in (ROOT / room).rglob("*.py"):
            nodes = list(ast.walk(ast.parse(path.read_text())))
            names = {each.attr for each in nodes if isinstance(each, ast.Attribute)}
            if names & {"writer", "DictWriter", "to_csv", "to_excel", "Workbook", "write_csv"}:
                wrote.add(str(path.relative_to(ROOT)))
    into_the_database = {"workbench/actions/import_rows.py"}
    assert wrote - into_the_database == {"workbench/rules/spreadsheets.py"}


def test_tables_that_name_debtors_say_which_columns_are_personal() -> None:
    bare = set()
    for name, nodes in functions().items():
        for each in nodes:
            if isinstance(each, ast.Call) and getattr(each.func, "attr", getattr(each.func, "id", "")) in FILES:
                told = {keyword.arg for keyword in each.keywords}
                path = (
                    ROOT
                    / ("pages" if name.startswith("pages") else "workbench/ui")
                    / f"{name.split('/')[1].split('.')[0]}.py"
                )
                if "personal" not in told and '_("Debtor")' in path.read_text():
                    bare.add(name)
    assert bare == NOBODY_IN_PERSON
