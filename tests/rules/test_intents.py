"""What debtors write, line by line, and what may be read in it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.intents import Intent, Reading, read_reply, stops
from workbench.rules.reply_dates import FARTHEST

TODAY = date(2026, 11, 18)  # a Wednesday

STOPS = """
ALTO
alto
Álto!!!
ALTO por favor
Alto, gracias
alto ya
🛑 ALTO 🛑
BAJA
baja.
Baja por favor
la baja
solicito la baja
DARME DE BAJA
dar de baja
quiero darme de baja
Deseo que me den de baja
denme de baja por favor
solicito darme de baja de sus mensajes
STOP
stop
Stop!!
stop stop stop
STOPALL
Hola, stop
NO MOLESTAR
no molesten
SALIR
Salir, gracias
CANCELAR SUSCRIPCION
cancelar suscripción
CANCELAR MI SUSCRIPCIÓN
cancelar mensajes
no más
NO MÁS MENSAJES
no me escriban
No me escriban más por favor!!
ya no me escriban
no me vuelvan a escribir
no quiero que me escriban
No me manden mensajes
no me envíen más mensajes
no me contacten
ya no me molesten
dejen de escribirme
Dejen ya de molestar
paren de mandar mensajes
no quiero recibir más mensajes
No deseo recibir sus mensajes
no autorizo recibir mensajes de whatsapp
no me llamen ni me escriban
quítenme de su lista
sáquenme de esta lista
borren mi número de su lista
eliminen mi número
Buenas tardes. ALTO.
ALTO. Ya pagué.
unsubscribe
Please unsubscribe me
UNSUBSCRIBE please
opt out
CANCEL
QUIT
stop texting me
stop sending me messages
do not contact me
Don't text me
remove me from your list
SAIR
sair por favor
PARE
descadastrar
cancelar inscrição
não quero receber mais mensagens
não me mandem mais mensagens
parem de me mandar mensagem
quero sair da lista
me tirem da lista
parem
no escriban a este número
no manden más mensajes
numero equivocado, no me escriban
"""

PAID = """
ya pagué
Ya pague
YA PAGUÉ!!!
ya lo pagué
ya se los pagué ayer
ya les pagué todo
pagué ayer
Pagué el viernes
yo ya pagué hace una semana
si ya pagué por qué me escriben?
ya está pagado
ya está pagada la cuota
está pagado desde el lunes
ya está cancelado
Ya está cancelada la deuda
ya cancelé
ya la cancelé
ya cancelé mi deuda
ya cancelé la factura
ya hice el pago
hice la transferencia hoy
realicé el depósito esta mañana
ya deposité
ya transferí
ya consigné
ya quedó pagado
ya fue pagado
ya he pagado
adjunto comprobante
te paso el comprobante
aquí está el voucher
les envío el comprobante de pago
pagado
no, ya pagué
no se preocupe, ya pagué
ya fiz o pix
já paguei
já foi pago
paguei ontem
segue o comprovante
I paid
I already paid
I've paid it yesterday
already paid
it's been paid, it was paid on Monday
paid
I have already made the payment
"""

WANTS = """
quiero pagar
Quiero pagar!!
sí quiero pagar
quisiera pagar mi deuda
me gustaría pagar
como puedo pagar
¿Cómo pago?
cómo le hago para pagar? dónde pago?
dónde deposito
a qué cuenta deposito?
mándenme el link de pago
me manda los datos por favor, cuenta para depositar
quiero un convenio
quiero llegar a un acuerdo
quiero ponerme al corriente
quiero cancelar mi deuda
puedo pagar en cuotas?
plan de pagos
acepto la oferta
voy a pagar
les pago
quero pagar
como posso pagar?
quero negociar
I want to pay
how can I pay?
I'd like to pay
can I pay in installments?
do you have a payment plan?
send me the payment link
"""

UNKNOWN = """

👍
ok
gracias
no
?
27
500
quién es?
no quiero pagar
No voy a pagar
no puedo pagar
no tengo dinero para pagar
quisiera pagar pero no puedo
quiero pagar, pero no tengo dinero
no pienso pagar nada
I don't want to pay
I can't pay
não quero pagar
no reconozco esa deuda
no soy yo, número equivocado
cancelar
Cancelar
quiero cancelar
cancelé mi suscripción
ya cancelé mi tarjeta
no me dieron de baja
Pedí que me dieran de baja y no me dieron de baja
me dieron de baja en el trabajo
estoy de baja por enfermedad
el monto es muy alto
los intereses están altos
¿alto? no entiendo
baja los intereses
pueden dar una baja en los intereses?
no puedo salir del hospital
acabo de salir de viaje
non stop
no quiero que me den de baja el servicio
quiero dar de baja mi línea
me van a dar de baja?
quiero cancelar el servicio
vivo en Alto Hospicio
dejen de llamarme
el titular falleció el 27 de octubre
estoy en el hospital hasta el viernes
me puede dar hasta el viernes?
le aviso el viernes
cuánto debo?
I can't stop working
no me escriban tan tarde
no me escriban al trabajo
no me escriban los domingos
no me escriban hasta mañana
no me llamen
no he pagado
aún no pagué
todavía no está pagado
no está cancelado
cuando pague les aviso
apenas pague les mando foto
quieren que pague
¿ya está pagado?
ya pague?
ya pagué la mitad
pagué una parte
I haven't paid
mañana te llamo
llámenme mañana
hablamos el lunes
el viernes no puedo pagar
el viernes no
me pagan el viernes
vence el 27?
el pago del viernes no entró
nací el 27/11/1980
el 50% es mucho
el 20 por ciento
para
"""

# what is written, and the day; "several" = a day was meant, but which one cannot be known
DATES = """
pago el viernes | 2026-11-20
Pago el viernes!! | 2026-11-20
el viernes | 2026-11-20
este viernes | 2026-11-20
Sí, el viernes por favor | 2026-11-20
puedo pagar el viernes? | 2026-11-20
les deposito el sábado | 2026-11-21
el lunes voy a pagar | 2026-11-23
No puedo pagar hoy, pago el viernes | 2026-11-20
no tengo ahora pero pago el lunes | 2026-11-23
no hay problema, pago mañana | 2026-11-19
el 27 | 2026-11-27
El 27. | 2026-11-27
pago el 27 | 2026-11-27
el día 27 pago | 2026-11-27
para el 27 por favor | 2026-11-27
hasta el 27 | 2026-11-27
a más tardar el 27 | 2026-11-27
el viernes 27 | 2026-11-27
hoy no, mañana sí | 2026-11-19
el 20 a las 15:00 | 2026-11-20
viernes 27 de noviembre | 2026-11-27
el 5 | 2026-12-05
el 18 | 2026-11-18
el 17 | 2026-12-17
27/11 | 2026-11-27
27-11 | 2026-11-27
27/11/2026 | 2026-11-27
27.11.2026 | 2026-11-27
27/11/26 | 2026-11-27
2026-11-27 | 2026-11-27
5/12 | 2026-12-05
pago el 5/1 | 2027-01-05
27 de noviembre | 2026-11-27
el 27 de Noviembre a las 3 pm | 2026-11-27
1ro de diciembre | 2026-12-01
el primero de diciembre | 2026-12-01
3 de enero | 2027-01-03
el primero | 2026-12-01
mañana | 2026-11-19
MAÑANA | 2026-11-19
manana pago | 2026-11-19
mañana por la mañana | 2026-11-19
mañana mismo les pago | 2026-11-19
voy a cancelar mañana | 2026-11-19
pasado mañana | 2026-11-20
hoy | 2026-11-18
hoy pago | 2026-11-18
hoy mismo en la tarde | 2026-11-18
fin de mes | 2026-11-30
a fin de mes | 2026-11-30
pago a fines de mes | 2026-11-30
a fin de este mes | 2026-11-30
fin de noviembre | 2026-11-30
la quincena | 2026-11-30
en la quincena les pago | 2026-11-30
en 3 días | 2026-11-21
en tres días pago | 2026-11-21
dentro de una semana | 2026-11-25
en dos semanas | 2026-12-02
pago la mitad el 27 | several
me comprometo a pagar el 25 | 2026-11-25
hago el depósito el jueves | 2026-11-19
ya pagué la mitad, el resto el 27 | 2026-11-27
amanhã | 2026-11-19
vou pagar amanhã | 2026-11-19
pago na sexta-feira | 2026-11-20
depois de amanhã | 2026-11-20
dia 27 | 2026-11-27
no dia 27 | 2026-11-27
tomorrow | 2026-11-19
I'll pay on Friday | 2026-11-20
I will pay on the 27th | 2026-11-27
November 27 | 2026-11-27
end of the month | 2026-11-30
in 3 days | 2026-11-21
pago el miércoles | several
el próximo viernes | several
el viernes que viene | several
pago la próxima semana | several
esta semana pago | several
pago este mes | several
el 27 o el 28 | several
el jueves o viernes | several
entre el 5 y el 10 | several
el jueves 27 | several
pago después del 27 | several
a partir del 27 | several
antes del 27 | several
tal vez el viernes | several
creo que el viernes | several
pago el viernes si me pagan | several
me pagan el 30 y ahí pago | several
en 8 días | several
en quince días | several
a mediados de mes | several
el 31 | several
31/11 | several
27/10/2026 | several
pago el fin de semana | several
en diciembre pago | several
siempre pago el 15 | several
si me hacen descuento pago hoy | several
yo pago el 5 de cada mes | several
pago 500 mañana y el resto el 30 | several
la primera quincena | several
pago la mitad el 20 y el resto el 27 | several
"""


def lines(table: str) -> list[str]:
    return table.strip("\n").split("\n")


def pairs(table: str) -> list[tuple[str, date | None]]:
    parts = [line.split(" | ") for line in lines(table)]
    return [(said, None if day == "several" else date.fromisoformat(day)) for said, day in parts]


@pytest.mark.parametrize("said", lines(STOPS))
def test_a_stop_word_or_a_plain_demand_stops(said: str) -> None:
    assert read_reply(said, TODAY, "es").intent == Intent.STOP
    assert stops(said)


@pytest.mark.parametrize("said", lines(PAID))
def test_who_says_that_it_is_paid_is_believed_until_it_is_looked_up(said: str) -> None:
    assert read_reply(said, TODAY, "es").intent == Intent.PAID


@pytest.mark.parametrize("said", lines(WANTS))
def test_who_asks_how_to_pay_wants_to_pay(said: str) -> None:
    assert read_reply(said, TODAY, "es").intent == Intent.WANTS_TO_PAY


@pytest.mark.parametrize("said", lines(UNKNOWN))
def test_what_is_not_certain_is_left_to_a_person(said: str) -> None:
    assert read_reply(said, TODAY, "es") == Reading(Intent.UNKNOWN)
    assert not stops(said)


@pytest.mark.parametrize(("said", "day"), pairs(DATES))
def test_a_day_is_read_only_where_no_other_can_be_meant(said: str, day: date | None) -> None:
    reading = read_reply(said, TODAY, "es")
    assert (reading.intent, reading.on) == (Intent.DATE, day)


@pytest.mark.parametrize(
    ("said", "language", "day"),
    [
        ("5/12", "es", date(2026, 12, 5)),
        ("5/12", "en", None),  # the fifth of December, or the twelfth of May
        ("12/12", "en", date(2026, 12, 12)),
        ("11/27", "en", date(2026, 11, 27)),
        ("27/11", "en", date(2026, 11, 27)),
        ("11/27", "es", None),
        ("pago sexta", "pt", date(2026, 11, 20)),
        ("segunda", "pt", date(2026, 11, 23)),
    ],
)
def test_the_order_of_day_and_month_is_the_languages(said: str, language: str, day: date | None) -> None:
    assert read_reply(said, TODAY, language).on == day


def test_an_ordinal_is_no_weekday_in_spanish() -> None:
    assert read_reply("pago la segunda cuota", TODAY, "es").intent != Intent.DATE


@pytest.mark.parametrize(
    ("today", "said", "day"),
    [
        (date(2026, 11, 14), "la quincena", date(2026, 11, 15)),
        (date(2026, 11, 15), "la quincena", None),  # it is pay day: this one, or the next?
        (date(2026, 11, 30), "la quincena", None),
        (date(2026, 11, 16), "la quincena", date(2026, 11, 30)),
        (date(2027, 2, 20), "la quincena", date(2027, 2, 28)),
        (date(2026, 12, 31), "mañana", date(2027, 1, 1)),
        (date(2026, 12, 29), "el 5", date(2027, 1, 5)),
        (date(2027, 1, 31), "el 30", None),  # February has none
        (date(2028, 2, 10), "fin de mes", date(2028, 2, 29)),
        (date(2026, 11, 20), "el viernes", None),  # it is Friday: today, or in a week?
        (date(2027, 1, 18), "27/11", None),  # ten months away: more likely a mistake
    ],
)
def test_days_are_counted_from_the_day_where_the_debtor_is(today: date, said: str, day: date | None) -> None:
    assert read_reply(said, today, "es") == Reading(Intent.DATE, day, read_reply(said, today, "es").words)


QUOTES = [
    "Ok, lo reviso\n\nEl lun, 16 nov 2026 a las 10:00, Banco del Valle <cobro@example.com> escribió:\n> Responda ALTO",
    "Ok, lo reviso\n> Responda ALTO para no recibir más\n> ALTO",
    "Ok, lo reviso\n-----Mensaje original-----\nALTO",
    "Ok, lo reviso\n\nOn Mon, Nov 16, 2026 at 10:00 AM Banco <cobro@example.com> wrote:\nALTO",
    "Ok, lo reviso\r\n\r\nDe: Banco <cobro@example.com>\r\nEnviado: lunes\r\nALTO",
    "Ok, lo reviso\n-- \nALTO Seguridad S.A.",
]


@pytest.mark.parametrize("said", QUOTES)
def test_our_own_words_in_a_quote_are_not_read(said: str) -> None:
    assert read_reply(said, TODAY, "es") == Reading(Intent.UNKNOWN)


def test_a_stop_above_a_quote_stops() -> None:
    assert stops("ALTO\n\n" + QUOTES[0].split("\n\n", 1)[1])


@given(st.text(max_size=300), st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_whatever_is_written_a_day_is_never_in_the_past_or_far_away(said: str, today: date) -> None:
    reading = read_reply(said, today, "es")
    assert reading.on is None or (reading.intent == Intent.DATE and timedelta(0) <= reading.on - today <= FARTHEST)


@given(st.sampled_from(lines(STOPS)), st.sampled_from([str.upper, str.lower, str.title, lambda said: f"  {said} 🙏\n"]))
def test_case_and_emoji_change_no_stop(said: str, written) -> None:
    assert stops(written(said))


def test_letters_of_another_width_are_the_same_letters() -> None:
    assert stops("\uff21\uff2c\uff34\uff2f")


def test_the_longest_reply_is_read_in_no_time() -> None:
    for said in (
        "no " * 20_000,
        "ya " * 20_000,
        "el 27 " * 20_000,
        "a" * 100_000,
        "1/1/" * 20_000,
        "," * 50_000,
        "> " * 50_000,
    ):
        read_reply(said, TODAY, "es")
