import time

import pytest

from workbench.rules.passwords import MAXIMUM, check_password, hashed, matches
from workbench.rules.refusals import Refused


@pytest.mark.parametrize(
    "password",
    ["", "eleven char", "a" * (MAXIMUM + 1), "ana.lopez@example.com", "Ana López Núñez"],
    ids=["empty", "eleven", "endless", "the e-mail", "the name"],
)
def test_a_poor_password_is_refused(password: str) -> None:
    with pytest.raises(Refused):
        check_password(password, email="Ana.Lopez@example.com", name="ana lópez núñez")


def test_twelve_characters_are_enough() -> None:
    check_password("twelve chars", email="ana@example.com", name="Ana")


def test_a_password_matches_its_own_hash_only() -> None:
    kept = hashed("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert kept != hashed("correct horse battery")
    assert matches("correct horse battery", kept)
    assert not matches("correct horse batterz", kept)
    assert not matches("correct horse battery", "not a hash")


def test_an_accent_typed_in_two_ways_is_the_same() -> None:
    assert matches("contrasen\u0303a larga", hashed("contraseña larga"))


def test_no_account_takes_as_long_as_a_wrong_password() -> None:
    kept = hashed("correct horse battery")
    matches("warm up", None)

    def seconds(password_hash: str | None) -> float:
        spent = []
        for _ in range(5):
            start = time.process_time()
            assert not matches("wrong horse battery", password_hash)
            spent.append(time.process_time() - start)
        return min(spent)

    assert 0.5 < seconds(None) / seconds(kept) < 2
