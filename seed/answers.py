"""What becomes of a pretend message: whether it arrives, is read and is answered, by channel, hour and who gets it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from models import Channel
from models.messages import MessageState as State
from workbench.rules.intents import Intent

# shares of what leaves: it never arrives (the number or address is no good), or the provider gives up
DEAD = {Channel.WHATSAPP: 0.07, Channel.SMS: 0.03, Channel.EMAIL: 0.05}
# what the providers call it when a number or address is no good, and when they give up
NO_GOOD = {
    Channel.WHATSAPP: "131026: not reachable on WhatsApp",
    Channel.SMS: "30003: the handset is not reachable",
    Channel.EMAIL: "550: recipient refused",
}
GAVE_UP = {Channel.WHATSAPP: "131000: refused", Channel.SMS: "30008: not known why"}
LOST = {Channel.WHATSAPP: 0.01, Channel.SMS: 0.03, Channel.EMAIL: 0.0}
READ, ANSWERED = 0.72, {Channel.WHATSAPP: 0.20, Channel.SMS: 0.10, Channel.EMAIL: 0.06}
BEST_HOURS = (12.5, 18.0)

# how often each is said by who pays within three days and by who does not, and in which words
SHARES: dict[Intent, tuple[float, float]] = {
    Intent.STOP: (0.06, 0.16),
    Intent.PAID: (0.42, 0.10),
    Intent.DATE: (0.22, 0.27),
    Intent.WANTS_TO_PAY: (0.24, 0.20),
    Intent.UNKNOWN: (0.10, 0.30),
}
WORDS: dict[Intent, tuple[str, ...]] = {
    Intent.STOP: ("BAJA", "No me manden más mensajes", "Stop"),
    Intent.PAID: ("Buen día, ya pagué ayer", "Ya pagué, revisen por favor", "Ya está pagado, hice la transferencia"),
    Intent.DATE: ("Pago el viernes", "Puedo pagar el {day}", "Hola, el {day} les deposito"),
    Intent.WANTS_TO_PAY: ("Quiero pagar, ¿a qué cuenta deposito?", "¿Cómo puedo pagar?", "Quiero pagar en dos partes"),
    Intent.UNKNOWN: (
        "¿De qué cuenta me hablan?",
        "Ahora estoy trabajando, escríbanme en la tarde",
        "El monto no coincide con mi recibo",
        "Estoy sin trabajo desde agosto",
    ),
}
# what the agents answer; a stop wants no answer, and who says it is paid is looked up first
WRITTEN_BACK: dict[str, tuple[str, ...]] = {
    Intent.DATE.value: ("Gracias por avisar. Quedamos atentos a su pago ese día.",),
    Intent.WANTS_TO_PAY.value: ("Con gusto: puede pagar en ventanilla o por transferencia con su número de cuenta.",),
    Intent.UNKNOWN.value: (
        "Gracias por escribirnos. Revisamos su caso y le damos respuesta hoy mismo.",
        "Entendemos. ¿Le parece si lo llamamos mañana para ver opciones?",
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A receipt that comes so long after the message left; `dead` = the number or address is no good."""

    after: timedelta
    state: State
    dead: bool = False
    reason: str | None = None


def receipts(channel: Channel, hour: float, random: np.random.Generator) -> list[Told]:
    """What the provider tells of a message that left at this local hour; nothing of an e-mail that arrives."""
    luck, wait, read = random.random(3).tolist()
    soon = timedelta(seconds=2 + 50 * wait)
    if luck < DEAD[channel]:
        state = State.BOUNCED if channel is Channel.EMAIL else State.FAILED
        return [Told(soon, state, dead=True, reason=NO_GOOD[channel])]
    if luck < DEAD[channel] + LOST[channel]:
        return [Told(soon, State.FAILED, reason=GAVE_UP[channel])]
    if channel is Channel.EMAIL:
        return []
    told = [Told(soon, State.DELIVERED)]
    if channel is Channel.WHATSAPP and read < READ * good_hour(hour):
        told.append(Told(soon + timedelta(minutes=1 + 300 * read * wait), State.READ))
    return told


def good_hour(hour: float) -> float:
    """1 at the hours at which people look at their phone, two thirds far from them."""
    near = max(float(np.exp(-(((hour - best) / 2.0) ** 2))) for best in BEST_HOURS)
    return 0.66 + 0.34 * near


def answer(
    channel: Channel, hour: float, on: date, *, pays: bool, random: np.random.Generator
) -> tuple[timedelta, str] | None:
    """After how long the debtor writes back and what; none = they do not."""
    luck, wait, what, how = random.random(4).tolist()
    if luck > ANSWERED[channel] * good_hour(hour) * (1.7 if pays else 0.8):
        return None
    shares = np.cumsum([pair[0 if pays else 1] for pair in SHARES.values()])
    intent = list(SHARES)[int(np.searchsorted(shares, what * shares[-1]))]
    said = WORDS[intent][int(how * len(WORDS[intent]))]
    day = on + timedelta(days=2 + int(how * 5))
    return timedelta(minutes=3 + 400 * wait * wait), said.format(day=f"{day:%d/%m}")


def written_back(intent: str, at: datetime, random: np.random.Generator) -> tuple[datetime, str] | None:
    """When an agent answers a reply and what; none = nobody has come to it yet."""
    luck, wait, how = random.random(3).tolist()
    words = WRITTEN_BACK.get(intent)
    if words is None or luck > 0.8:
        return None
    return at + timedelta(minutes=15 + 200 * wait), words[int(how * len(words))]
