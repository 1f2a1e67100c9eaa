"""The house's own rules, so that one command checks them all."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("workbench", "workers", "models", "pages", "seed")
TOOLS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "arrows": ["lint-imports", "--no-cache"],
}


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tools_are_content(tool: str) -> None:
    program, *arguments = TOOLS[tool]
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_one_place_commits() -> None:
    committing = {
        str(path.relative_to(ROOT))
        for path in sources(*ROOMS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "commit"
    }
    assert committing == {"workbench/db.py"}


def test_no_file_grows_out_of_hand() -> None:
    limits = {path: 150 if path.is_relative_to(ROOT / "pages") else 400 for path in sources(*ROOMS)}
    too_long = {str(path): len(path.read_text().splitlines()) for path in limits}
    assert {path: n for path, n in too_long.items() if n > limits[Path(path)]} == {}


def test_no_module_hides_one_of_pythons_own() -> None:
    """Streamlit puts workbench/ first on the import path."""
    names = {
        path.stem for path in (ROOT / "workbench").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert names & sys.stdlib_module_names == set()


def test_the_entrypoint_has_no_pages_folder_beside_it() -> None:
    """Streamlit would serve such pages directly, without asking who is there."""
    assert (ROOT / "workbench/app.py").exists()
    assert not (ROOT / "workbench/pages").exists()


def test_the_top_level_is_what_the_readme_draws() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    top = {name.split("/")[0] for name in tracked if name}
    expected = {
        *ROOMS,
        "tests",
        "docs",
        "pyproject.toml",
        "uv.lock",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
    }
    assert {name for name in top if not name.startswith(".")} == expected
