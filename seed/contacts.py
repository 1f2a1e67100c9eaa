"""A day on the phone: who is called, when, by whom, and what comes of it."""

from dataclasses import dataclass

import numpy as np

from seed.debts import Flags, Numbers, Reals
from seed.traits import DEAD, RIGHT, SHARED, WRONG, Traits
from workbench.rules.dispositions import SHIPPED

CODES: tuple[str, ...] = tuple(shipped.code for shipped in SHIPPED)
FOLLOW_UP_HOURS: Numbers = np.array([shipped.follow_up_hours for shipped in SHIPPED], np.int64)
REACHED: Flags = np.array([shipped.counts_rpc for shipped in SHIPPED], np.bool_)
SPOILS_PHONE: Flags = np.array([shipped.invalidates_phone for shipped in SHIPPED], np.bool_)
STOPS_CALLS: Flags = np.array([shipped.stops_channel for shipped in SHIPPED], np.bool_)

NEXT_QUEUE: tuple[str | None, ...] = tuple(shipped.next_queue for shipped in SHIPPED)


def _codes(*results: str) -> Numbers:
    return np.array([CODES.index(f"call.{result}") for result in results], np.int64)


SILENT = _codes("no_answer", "busy", "voicemail", "voicemail_message", "switched_off", "rejected", "cut_off")
SILENT_SHARES = (0.44, 0.10, 0.20, 0.09, 0.08, 0.06, 0.03)
DEAD_LINE = _codes("out_of_service", "switched_off")
STRANGER = _codes("wrong_number", "moved_on")
RELATIVE = _codes("message_taken", "message_refused", "death_reported")
RELATIVE_SHARES = (0.72, 0.275, 0.005)
DEBTOR = _codes(
    "promise",
    "negotiating",
    "already_paid",
    "call_back",
    "no_commitment",
    "cannot_pay",
    "will_not_pay",
    "complaint",
    "hung_up",
    "no_contact_here",
    "vulnerable",
)
PROMISE, CALL_BACK, NO_COMMITMENT = _codes("promise", "call_back", "no_commitment").tolist()

SHIFT_STARTS, MINUTES_A_CALL = 9, 8  # local hour of the portfolio; pace with the work after the call
CALLS_A_DAY, CALLS_A_SATURDAY = 44, 20
CALLED_A_DAY = 0.10  # of a book's debtors at the most: a small book has a small team, or part of one

NOTES: dict[str, tuple[str, ...]] = {
    "call.negotiating": ("Pide plan de tres cuotas.", "Pregunta por un descuento; se le envía propuesta."),
    "call.already_paid": (
        "Dice que pagó en ventanilla; enviará el comprobante.",
        "Pagó por transferencia, por verificar.",
    ),
    "call.complaint": ("No reconoce un cargo.", "Reclama que la factura llegó con otro importe."),
    "call.vulnerable": ("Menciona una enfermedad en la familia; se detiene la gestión.",),
    "call.death_reported": ("Un familiar informa el fallecimiento; por confirmar.",),
    "call.promise": ("Confirma fecha e importe.", "Pagará cuando reciba su quincena.", ""),
    "call.cannot_pay": ("Sin empleo por ahora.", "Sus ingresos bajaron este mes.", ""),
    "call.will_not_pay": ("No está de acuerdo con los intereses.", ""),
    "call.message_taken": ("Contesta un familiar, deja recado sin dar detalle.", ""),
}


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one day or of many: rows of case, phone and agent, moments in seconds since 1970, CODES as numbers."""

    case: Numbers
    phone: Numbers
    agent: Numbers
    start: Numbers
    end: Numbers
    code: Numbers
    day: Numbers

    def only(self, rows: Flags) -> "Calls":
        """These rows of it."""
        return Calls(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def joined(cls, days: list["Calls"]) -> "Calls":
        """Many days as one."""
        return cls(*(np.concatenate([getattr(day, name) for day in days]) for name in cls.__slots__))


def worth_calling(
    past_due: Numbers, days_late: Numbers, agreed: Flags, may: Flags, limit: int, random: np.random.Generator
) -> Numbers:
    """The cases called that day: who asked for it, then roughly more money and more delay, as a team without a score picks."""
    weight = np.log1p(past_due) + 0.02 * days_late.clip(0, 60) + random.normal(0, 1.2, len(past_due)) + 100 * agreed
    candidates = np.flatnonzero(may)
    best = candidates[np.argsort(-weight[candidates], kind="stable")[:limit]]
    return np.asarray(random.permutation(best))


def choose_phones(usable: Flags, liked: Numbers, tries: Numbers, random: np.random.Generator) -> Numbers:
    """The number that reached them before, mostly; else their numbers in turn."""
    count = usable.sum(axis=1)
    nth = np.cumsum(usable, axis=1) - 1
    in_turn = (usable & (nth == (tries % count)[:, None])).argmax(axis=1)
    again = (liked >= 0) & usable[np.arange(len(liked)), liked] & (random.random(len(liked)) < 0.85)
    return np.where(again, liked, in_turn)


def outcomes(found: Traits, case: Numbers, quality: Numbers, chance: Reals, random: np.random.Generator) -> Numbers:
    """A disposition for each call, from what the number is worth and who picks up."""
    many, luck = len(case), random.random(len(case))
    who = random.random(many)
    code = random.choice(SILENT, many, p=SILENT_SHARES)
    picked_up = luck < chance
    debtor = picked_up & (((quality == RIGHT) & (who < 0.94)) | ((quality == SHARED) & (who < 0.35)))
    relative = picked_up & ~debtor & np.isin(quality, [RIGHT, SHARED])
    stranger = (quality == WRONG) & (luck < 0.35)
    code = np.where(relative, random.choice(RELATIVE, many, p=RELATIVE_SHARES), code)
    code = np.where(stranger, random.choice(STRANGER, many, p=[0.8, 0.2]), code)
    code = np.where(quality == DEAD, random.choice(DEAD_LINE, many), code)
    return np.where(debtor, _said(found, case, random), code)


def _said(found: Traits, case: Numbers, random: np.random.Generator) -> Numbers:
    able, willing, flat = found.able[case], found.willing[case], np.ones(len(case))
    weights = np.stack(
        [
            0.12 + 0.62 * willing * np.sqrt(able),
            0.05 * flat,
            0.03 * flat,
            0.28 * flat,
            0.16 * flat,
            0.45 * (1 - able),
            0.40 * (1 - willing),
            0.012 * flat,
            0.12 * (1 - willing),
            0.008 * flat,
            0.005 * flat,
        ],
        axis=1,
    )
    shares = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return np.asarray(DEBTOR[(random.random(len(case))[:, None] > shares).sum(axis=1)])


def seconds_on_the_phone(code: Numbers, random: np.random.Generator) -> Numbers:
    """How long a call lasts: half a minute unanswered, some minutes with the debtor."""
    usual = np.where(REACHED[code], 210.0, np.where(np.isin(code, RELATIVE), 75.0, 32.0))
    return np.asarray((usual * random.lognormal(0, 0.35, len(code))).clip(8, 440), np.int64)


def note_of(code: Numbers, random: np.random.Generator) -> list[str]:
    """What the agent typed."""
    pick = random.integers(0, 6, len(code)).tolist()
    typed = [NOTES.get(name, ("",)) for name in CODES]
    return [typed[row][nth % len(typed[row])] for row, nth in zip(code.tolist(), pick, strict=True)]
