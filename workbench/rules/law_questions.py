"""A question to the contact law as written in a file: its fields read, checked and made a `Question`."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, time
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import yaml

from models.interactions import Channel
from workbench.rules.contact_law import Prior, Question
from workbench.rules.law_binding import region_of
from workbench.rules.law_files import LOADER, jurisdictions
from workbench.rules.law_reasons import Because
from workbench.rules.law_words import (
    COLLECTION,
    FACTS,
    FACTS_ALSO,
    FACTS_DENIED,
    OUTCOMES,
    PURPOSES,
    REMARKS,
    TARGETS_ALSO,
    Target,
    plain,
)
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

CHANNELS_ALSO: dict[str, Channel] = {
    "phone": Channel.CALL,
    "telephone": Channel.CALL,
    "phone_call": Channel.CALL,
    "e_mail": Channel.EMAIL,
    "mms": Channel.SMS,
    "text_message": Channel.SMS,
    "instant_message": Channel.WHATSAPP,
    "instant_messaging": Channel.WHATSAPP,
    "postal": Channel.LETTER,
    "home_visit": Channel.VISIT,
}
DECIDING = frozenset(
    {"country", "region", "zone", "regime", "reading", "now_local", "now_utc", "channel", "target", "purpose", "flags"}
    | {"prior_contacts", "candidate_zones", "debt"}
)
# What a file of worked cases says besides the question: its answer, and remarks for the reader.
ANSWERS = frozenset({"expected", "rule_id", "law", "next_allowed_local", "next_allowed_utc", "next_allowed_weekday"})
ASIDE = frozenset({"id", "confidence", "edge", "why", "weekday", "holiday", "utc_offset", "office_clock"})
FIRST_YEAR, LAST_YEAR = 1970, 2100  # further away the law says nothing, and a calendar's end is no place to count
_TRUTH = {"true": True, "false": False}


def entries(text: str) -> list[Any]:
    """The questions of a text in YAML or JSON: under `scenarios`, as a list, or a single one; none are checked yet."""
    try:
        read = yaml.load(text, Loader=LOADER)  # noqa: S506  # it is a safe one
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(
            "Line {line} is neither YAML nor JSON: {problem}.",
            line=mark.line + 1 if mark else 1,
            problem=getattr(error, "problem", None) or error,
        ) from None
    if isinstance(read, dict) and "scenarios" in read:
        read = read["scenarios"]
    if read is None or read == []:
        raise Refused("There is no question; write one, a list of them, or a list under scenarios.")
    return read if isinstance(read, list) else [read]


def question(entry: Mapping[str, Any]) -> Question:
    """The question that an entry asks; clocks without an offset are those of its first zone.

    Raises Refused, naming the field and how to mend it, for what is missing, unknown or contradicts itself. What is
    only unknown to the law is told by `remarks`.
    """
    if not isinstance(entry, Mapping):
        raise Refused(
            "A question is a set of fields such as country, zone and channel; this is “{found}”.", found=entry
        )
    flags = _fields(entry, "flags")
    country = (_text(entry, "country") or _missing("country", "CO")).upper()
    zones = _zones(entry, flags, country)
    return Question(
        country=country,
        at=_now(entry, zones[0]),
        zones=zones,
        channel=_channel(entry, "channel"),
        target=_text(entry, "target") or Target.DEBTOR,
        purpose=_text(entry, "purpose") or _text(flags, "purpose") or COLLECTION,
        region=_text(entry, "region"),
        regime=_text(entry, "regime"),
        readings=_readings(entry),
        debt=_debt(entry) or _debt(flags),
        facts=dict(_facts(flags)),
        priors=tuple(_prior(each, n, zones[0]) for n, each in enumerate(_list(entry, "prior_contacts"), start=1)),
    )


def remarks(entry: Mapping[str, Any], asked: Question) -> Iterator[Because]:
    """What an entry says that decides nothing or is taken for something else, so that no slip goes unseen."""
    for name in (name for name in entry if name not in DECIDING | ANSWERS | ASIDE):
        yield Because(N_("Field “{name}” is not known and decides nothing."), {"name": name})
    for name in (
        name
        for name in _fields(entry, "flags")
        if plain(name) not in {*FACTS, *FACTS_ALSO, *FACTS_DENIED, *REMARKS, "purpose"}
    ):
        yield Because(N_("Flag “{name}” is not known and decides nothing."), {"name": name})
    if plain(asked.target) not in {*Target, *TARGETS_ALSO}:
        yield Because(N_("Target “{name}” is not known and taken for a third party."), {"name": asked.target})
    if plain(asked.purpose) not in {*PURPOSES, *(also for names in PURPOSES.values() for also in names)}:
        yield Because(N_("Purpose “{name}” is not known and taken for collection."), {"name": asked.purpose})
    for outcome in sorted({prior.outcome for prior in asked.priors if plain(prior.outcome) not in OUTCOMES}):
        yield Because(N_("Outcome “{name}” is not known and counts as a conversation."), {"name": outcome})
    if any(prior.at > asked.at for prior in asked.priors):
        yield Because(N_("An earlier contact lies after the moment asked about."))
    law = jurisdictions().get(asked.country)
    if law and law.regions and asked.region and region_of(law, asked.region) is None:
        values = {"name": asked.region, "known": ", ".join(law.regions)}
        yield Because(
            N_("Region “{name}” is not known ({known} are); only the rules of the whole country hold."), values
        )


def local_minute(value: Any) -> str | None:
    """A moment of a file as YYYY-MM-DDTHH:MM on its own clock; none stays none."""
    return None if value is None else f"{_clock(value, 'next_allowed_local'):%Y-%m-%dT%H:%M}"


def _now(entry: Mapping[str, Any], zone: str) -> datetime:
    local, utc = entry.get("now_local"), entry.get("now_utc")
    if local is None and utc is None:
        _missing("now_local", "2026-11-24T18:59")
    if local is None:
        clock = _clock(utc, "now_utc")
        return clock.astimezone(UTC) if clock.tzinfo else clock.replace(tzinfo=UTC)
    moments = _moments(_clock(local, "now_local"), "now_local", zone)
    if utc is None:
        return moments[0]
    clock = _clock(utc, "now_utc")
    meant = clock.astimezone(UTC) if clock.tzinfo else clock.replace(tzinfo=UTC)
    for at in moments:
        if at.replace(second=0, microsecond=0) == meant.replace(second=0, microsecond=0):
            return at
    raise Refused(
        "now_local {local} and now_utc {utc} are not the same moment in {zone}; mend one or leave it out.",
        local=local,
        utc=utc,
        zone=zone,
    )


def _moments(clock: datetime, field: str, zone: str) -> list[datetime]:
    """The moments (UTC) that show this clock: one, two in the hour that is repeated in autumn; Refused for none."""
    if clock.tzinfo:
        return [clock.astimezone(UTC)]
    there = ZoneInfo(zone)
    found = {clock.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = sorted(at for at in found if at.astimezone(there).replace(tzinfo=None) == clock)
    if not shown:
        raise Refused(
            "{field}: clocks of {zone} were put forward over {clock}; write a minute that there is.",
            field=field,
            zone=zone,
            clock=f"{clock:%Y-%m-%d %H:%M}",
        )
    return shown


def _clock(value: Any, field: str) -> datetime:
    """A date and a time of day, as YAML or JSON gives it."""
    clock = value if isinstance(value, datetime) else None
    if isinstance(value, str) and len(value.strip()) > len("2026-11-24"):
        with suppress(ValueError):
            clock = datetime.fromisoformat(value.strip())
    if clock and FIRST_YEAR <= clock.year <= LAST_YEAR:
        return clock
    raise Refused(
        "{field}: “{value}” is no moment; write it as 2026-11-24T18:59, or with an offset as 2026-11-24T18:59-05:00.",
        field=field,
        value=value,
    )


def _zones(entry: Mapping[str, Any], flags: Mapping[str, Any], country: str) -> tuple[str, ...]:
    """The zone given and the candidates; without any, the country's own when it has only one."""
    zone = _text(entry, "zone")
    candidates = [*_list(entry, "candidate_zones"), *_list(flags, "candidate_zones")]
    zones = tuple(dict.fromkeys([*([zone] if zone else []), *map(str, candidates)]))
    law = jurisdictions().get(country)
    if not zones and law and len(law.zones) == 1:
        return law.zones
    if not zones:
        _missing("zone", law.zones[0] if law else "America/Bogota")
    for name in zones:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # a name, a path outside, a folder
            raise Refused("zone: “{name}” is no time zone; write one as America/Bogota.", name=name) from None
    return zones


def _readings(entry: Mapping[str, Any]) -> tuple[str, ...]:
    given = entry.get("reading")
    names = given if isinstance(given, list | tuple) else (_text(entry, "reading") or "").replace("+", ",").split(",")
    return tuple(str(name).strip() for name in names if str(name).strip())


def _channel(entry: Mapping[str, Any], field: str) -> Channel:
    word = plain(_text(entry, "channel") or _missing(field, Channel.CALL))
    found = CHANNELS_ALSO.get(word) or next((channel for channel in Channel if channel.value == word), None)
    return found or _unknown(field, word, Channel)


def _prior(given: Any, number: int, zone: str) -> Prior:
    field = f"prior_contacts[{number}]"
    if not isinstance(given, Mapping):
        raise Refused("{field} has to be fields such as at, channel and outcome.", field=field)
    if given.get("at") is None:
        _missing(f"{field}.at", "2026-11-24T09:00")
    at = _moments(_clock(given["at"], f"{field}.at"), f"{field}.at", zone)[0]
    outcome = _text(given, "outcome") or _missing(f"{field}.outcome", "no_answer")
    return Prior(at, _channel(given, f"{field}.channel"), plain(outcome), _debt(given))


def _facts(flags: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for written, value in flags.items():
        name = FACTS_ALSO.get(plain(written), plain(written))
        if opposite := FACTS_DENIED.get(name):
            yield opposite, not _fact(opposite, value)
        elif name in FACTS and value is not None:
            yield name, _fact(name, value)


def _fact(name: str, value: Any) -> Any:
    if name == "consumer_requested_window":
        return _window(name, value)
    if name == "authorised_channels":
        words = value if isinstance(value, list | tuple) else str(value).replace("+", ",").split(",")
        return [_channel({"channel": str(word)}, name).value for word in words]
    return _TRUTH.get(value.strip().lower(), value) if isinstance(value, str) else value


def _window(name: str, value: Any) -> list[str]:
    """Hours asked for; YAML reads an unquoted 20:00 as 1200, which is minutes of the day all the same."""
    try:
        opens, closes = (
            (time(each // 60, each % 60) if isinstance(each, int) else time.fromisoformat(each)) for each in value
        )
    except (TypeError, ValueError):
        raise Refused('{name}: “{value}” are no hours; write ["18:00", "20:00"].', name=name, value=value) from None
    return [f"{opens:%H:%M}", f"{closes:%H:%M}"]


def _debt(fields: Mapping[str, Any]) -> str | None:
    return None if fields.get("debt") is None else str(fields["debt"])


def _fields(entry: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    given = entry.get(field) or {}
    if isinstance(given, Mapping):
        return given
    raise Refused("{field} has to be names with values, as {example}.", field=field, example="{debt: A}")


def _list(entry: Mapping[str, Any], field: str) -> list[Any]:
    given = entry.get(field) or []
    if isinstance(given, list | tuple):
        return list(given)
    raise Refused("{field} has to be a list.", field=field)


def _text(entry: Mapping[str, Any], field: str) -> str | None:
    given = entry.get(field)
    if given is None or isinstance(given, str):
        return (given or "").strip() or None
    raise Refused("{field}: “{value}” is no text; put it in quotes.", field=field, value=given)


def _missing(field: str, example: str) -> NoReturn:
    raise Refused("{field} is missing; write it as {field}: {example}.", field=field, example=example)


def _unknown(field: str, word: str, known: Any) -> NoReturn:
    raise Refused("{field}: “{word}” is not known; known are: {known}.", field=field, word=word, known=", ".join(known))
