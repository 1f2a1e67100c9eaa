from datetime import datetime

import pytest

from models import Channel
from workbench.rules.contact_law import Policy, Question, may_contact
from workbench.rules.unlawful import Unlawful
from workbench.rules.words import translate

BOGOTA = "America/Bogota"


@pytest.mark.parametrize(
    ("facts", "language", "words"),
    [
        ({}, "en", ["allowed from 07:00 to 19:00 here; it is 20:00", "Ley 2300 de 2023", "next lawful moment"]),
        ({}, "es", ["20:00", "El próximo momento lícito"]),
        ({"opted_out": True}, "en", ["does not want to be contacted on this channel (Ley", "Waiting does not change"]),
        ({"opted_out": True}, "es", ["no quiere que la contacten", "Esperar no lo cambia"]),
    ],
)
def test_an_unlawful_contact_is_refused_in_the_readers_words(facts: dict, language: str, words: list[str]) -> None:
    at = datetime.fromisoformat("2026-11-18T20:00-05:00")
    refused = Unlawful(may_contact(Question("CO", at, (BOGOTA,), Channel.CALL, facts=facts)), zone=BOGOTA)
    told = translate(refused.because, language, **refused.values)
    assert all(word in told for word in words), told
    assert str(refused)


@pytest.mark.parametrize(("language", "cited"), [("en", "(portfolio policy)"), ("es", "(política de la cartera)")])
def test_a_policy_is_cited_as_policy_in_the_readers_language(language: str, cited: str) -> None:
    at = datetime.fromisoformat("2026-11-18T18:30-05:00")
    closed_early = Policy(hours=((2, 8 * 60, 18 * 60),))
    refused = Unlawful(may_contact(Question("CO", at, (BOGOTA,), Channel.CALL, policy=closed_early)), zone=BOGOTA)
    assert cited in translate(refused.because, language, **refused.values)
