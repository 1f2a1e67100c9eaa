"""Which text of a law file decided: files change, and a decision has to say by which one it was taken."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from workbench.rules.contact_law import Decision
from workbench.rules.law_files import FOLDER

NO_FILE = "policy"  # the version of a country that has no file: only the portfolio's own policy decided


@cache
def law_texts() -> Mapping[str, str]:
    """The text of every jurisdiction's file, by ISO code; read once a process."""
    return {path.stem.upper(): path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yaml"))}


@cache
def version_of(country: str) -> str:
    """The digest of a country's file."""
    text = law_texts().get(country)
    return digest(text) if text is not None else NO_FILE


def digest(text: str) -> str:
    """A short name for one text: the first 16 hex digits of its SHA-256."""
    return sha256(text.encode()).hexdigest()[:16]


def as_stored(decision: Decision, country: str) -> dict[str, Any]:
    """A decision as an interaction keeps it: small, because there are millions."""
    rule = decision.rule
    return {
        "allowed": decision.allowed,
        "rule": rule.id if rule else None,
        "law": rule.citation if rule else None,
        "confidence": rule.confidence.value if rule else None,
        "version": version_of(country),
    }
