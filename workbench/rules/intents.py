"""What a debtor's reply asks for, in Spanish, Portuguese or English: stop, paid, a date, wants to pay; else a person reads.

Read by rules, not by guess: only words that can hardly mean anything else decide. Accents, case, punctuation and emoji
do not matter; what the reply quotes of our own message is not read.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from workbench.rules.names import fold
from workbench.rules.reply_dates import named_day

LONGEST = 2_000  # characters that are read; whoever writes more wants a person to read it


class Intent(StrEnum):
    """What a reply is about; `unknown` = nothing is certain."""

    STOP = "stop"
    PAID = "paid"
    DATE = "date"
    WANTS_TO_PAY = "wants_to_pay"
    UNKNOWN = "unknown"


# what a person has to answer; a stop is done at once, and a payment is looked up first
FOR_A_PERSON = (Intent.DATE, Intent.WANTS_TO_PAY, Intent.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Reading:
    """The intent, the day it names (`date` only; none = a day that could be several), and the words that decided."""

    intent: Intent
    on: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a sentence, folded; `asked` = its sentence is a question, `whole` = it is a sentence of its own."""

    text: str
    asked: bool
    whole: bool


def read_reply(text: str, today: date, language: str) -> Reading:
    """Reads a debtor's words; `today` is the date where they are, `language` the one we wrote in (orders 5/12)."""
    said = _own_words(text)[:LONGEST]
    if words := _stops(said):
        return Reading(Intent.STOP, words=words)
    pieces = _pieces(said)
    if words := _paid(pieces):
        return Reading(Intent.PAID, words=words)
    if proposed := _proposed(pieces, today, language[:2]):
        return proposed
    if words := _wants_to_pay(pieces):
        return Reading(Intent.WANTS_TO_PAY, words=words)
    return Reading(Intent.UNKNOWN)


def stops(text: str) -> bool:
    """Whether a reply asks for no more messages on its channel."""
    return bool(_stops(_own_words(text)[:LONGEST]))


def _own_words(text: str) -> str:
    """The text without what it quotes: our own message says which word stops us."""
    text = unicodedata.normalize("NFKC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _QUOTED.split(text, maxsplit=1)[0]
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))


def _plain(text: str) -> str:
    """Folded words; a day like 27/11 stays whole."""
    words = re.sub("['`\u2019\u00b4]", "", fold(text))
    words = re.sub(r"[^a-z0-9/.:%-]+", " ", words)
    words = re.sub(r"(?<!\d)[/.:-]+|[/.:-]+(?!\d)", " ", words)
    return " ".join(words.split())


def _pieces(text: str) -> list[_Piece]:
    """The text cut where a thought ends."""
    found = []
    for sentence, ending in re.findall(r"([^.!?;\n]*(?:(?<=\d)\.(?=\d)[^.!?;\n]*)*)([.!?;\n]|$)", text):
        parts = [
            part
            for part in re.split(r",(?!\d)|\bpero\b|\baunque\b|\bbut\b", sentence, flags=re.IGNORECASE)
            if _plain(part)
        ]
        asked = ending == "?" or "¿" in sentence
        found += [_Piece(_plain(part), asked and part is parts[-1], len(parts) == 1) for part in parts]
    return found


def _stops(text: str) -> str:
    """The words by which a message stops us: a stop word that is a sentence of its own, or a plain demand."""
    if _is_stop_word(_plain(text)):
        return _plain(text)
    for piece in _pieces(text):
        if piece.whole and not piece.asked and _is_stop_word(piece.text):
            return piece.text
        demand = _DEMANDS.search(piece.text)
        if demand and not piece.asked and not _LIMITED.search(piece.text[demand.end() :]):
            return demand[0]
    return ""


def _is_stop_word(words: str) -> bool:
    bare = " ".join(_POLITE.sub(" ", words).split())
    return bool(_STOP_WORDS.fullmatch(bare))


def _paid(pieces: list[_Piece]) -> str:
    """The words that say that it is paid already; a part, a question or a plan is not that."""
    for piece in pieces:
        said = _PAID.search(piece.text)
        if not said or _NOT_PAID.search(piece.text) or _PARTLY.search(piece.text):
            continue
        if piece.asked and not re.search(rf"\bsi (?:yo )?{re.escape(said[0])}", piece.text):
            continue
        return said[0]
    return ""


def _proposed(pieces: list[_Piece], today: date, language: str) -> Reading | None:
    """The day on which a debtor says to pay; several days, or one with an "if", are a proposal without a date."""
    days: list[date | None] = []
    words, loose, pays = "", False, False
    for piece in pieces:
        refused = bool(_NO.search(_FRIENDLY_NO.sub(" ", piece.text)))
        pays |= bool(_PAYS.search(piece.text)) and not refused
        found = named_day(piece.text, today, language=language)
        if found is None or refused or _PAST.search(found.rest):
            continue
        if _PAYS.search(found.rest) or _is_bare(found.rest):
            days.append(None if _HEDGED.search(found.rest) or _PAY_DAY.search(found.rest) else found.on)
            words = words or piece.text
        else:
            loose = True
    if days:
        return Reading(Intent.DATE, days[0] if len(set(days)) == 1 else None, words)
    return Reading(Intent.DATE) if loose and pays else None


def _is_bare(rest: str) -> bool:
    """Whether nothing but small words stands beside the day: the answer to "when?"."""
    return not _SMALL.sub(" ", _HEDGED.sub(" ", _HOUR.sub(" ", rest))).split()


def _wants_to_pay(pieces: list[_Piece]) -> str:
    """The words that ask how to pay or offer to; nothing where the same message refuses."""
    if any(_NO.search(_FRIENDLY_NO.sub(" ", piece.text)) and _MONEY.search(piece.text) for piece in pieces):
        return ""
    for piece in pieces:
        if wish := _WISHES.search(piece.text):
            return wish[0]
    return ""


def _any(*texts: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(texts)})\b")


_QUOTED = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|mensaje original|mensagem original|forwarded message|mensaje reenviado).*"
    r"|_{10,}|--\s*"
    r"|(?:el|on|em)\b[^\n]{4,200}(?:\n[^\n]{0,120})?\b(?:escribi[oó]|wrote|escreveu)\s*:"
    r"|(?:de|from|von)\s*:[^\n]*\n(?:enviad[oa]|sent|date|fecha)[^\n]*:.*)\s*$",
    re.IGNORECASE | re.MULTILINE,
)

# --- stop ---------------------------------------------------------------------------------------------------------
_POLITE = _any(
    "por favor", "porfavor", "porfa", "favor de", "favor", "please", "pls", "plis", "muchas gracias", "mil gracias",
    "gracias", "muito obrigad[oa]", "obrigad[oa]", "thank you", "thanks", "thx", "hola", "ola", "hello", "hi", "buenas?",
    "buenos?", "buen", "bom", "boa", "dias?", "tardes?", "noches?", "tarde", "noite", "dia", "senor(?:es|as?)?", "sres?",
    "senhor(?:es)?", "ya mismo", "ahora mismo", "ya", "ahora", "agora", "ja", "now", "de inmediato", "inmediatamente",
    "urgente", "ok", "okey", "pues", "amigos?",
)  # fmt: skip
_LIST = r"(?:de|del|da|do|from) (?:la|el|esta|este|su|sus|tu|sua|your|this|the)? ?(?:lista|listas|base|sistema|grupo|numero|list)"
_MESSAGES = (
    r"(?:(?:sus?|tus?|estos|esos|mas|ese tipo de|este tipo de|de sus|any|more|these|mais|essas|suas|os|los|las|the|your|me)"
    r" )*(?:mensajes?|mensagens?|mensagem|sms|whats(?:app|apps)?|correos?|e ?-?mails?|textos?|texts?|messages?|avisos?|"
    r"recordatorios?|publicidad|notificacion(?:es)?|cobranzas?)"
)
_TAKE_OFF = r"(?:dar(?:me|nos)?|(?:den|de|da|denme|deme|dame|danos|dennos)|dese|me den|me de) (?:por favor )?(?:ya )?(?:de|la) baja"
_STOP_WORDS = re.compile(
    r"(?:(?:alto|baja|stop|stopall|stop all|pare|paren|parem|parar|pararei|salir|sair|detener|detengan(?:se)?|deten|basta(?: ya)?"
    r"|unsubscribe|cancel|quit|end|optout|opt out|revoke|remove|remover|remover me|descadastrar|desuscribir(?:me)?"
    r"|desinscribir(?:me)?|eliminar(?:me)?|no mas|no mas mensajes|no mas sms|no molestar|no molesten?|no moleste mas"
    r"|no molesten mas|nao perturbe|nao incomodar|no contactar|no escribir|no enviar(?: mas)?|no spam"
    rf"|(?:solicito |quiero |pido |exijo )?(?:la |mi )?baja|{_TAKE_OFF}"
    r"|(?:cancelar|anular|eliminar|terminar|cancela|cancelen)(?: (?:la|mi|a|minha|esta))? (?:suscripcion|inscripcion|inscricao"
    r"|assinatura|subscripcion|registro|notificaciones|mensajes|sms|envios?)|cancel subscription"
    rf"|{_MESSAGES} (?:no|stop))(?: |$))+"
)
_ME = r"(?:me|nos|le|lo|la)"
_WRITE_SUBJUNCTIVE = (
    r"(?:escrib(?:an|a|as|ais)|moleste[ns]?|molestes|manden?|mandes|envien?|envies|contacten?|contactes|textee[ns]?"
    r"|mensajeen?|whatsapeen?|acosen?|hostiguen?|fastidien?|jodan?|vuelv(?:an|a|as) a (?:escribir|mandar|enviar|molestar"
    r"|contactar)\w*|sigan? (?:escribiendo|mandando|enviando|molestando)\w*)"
)
_DEMANDS = _any(
    rf"no (?:(?:quiero|deseo|necesito) que )?{_ME} {_WRITE_SUBJUNCTIVE}",
    rf"(?:ya|nunca) (?:no )?{_ME} {_WRITE_SUBJUNCTIVE}",
    rf"ni {_ME} {_WRITE_SUBJUNCTIVE}",
    rf"no (?:escrib(?:an|a|as)|manden?|envien?|contacten?) (?:mas\b|a este (?:numero|telefono|celular|correo)|{_MESSAGES})",
    r"(?:dejen?|deja|dejad|paren?|parem|basta|cesen?) (?:ya )?de (?:escribir|molestar|mandar|enviar|contactar|acosar|hostigar"
    r"|fastidiar|joder|texte?ar|me mandar|me enviar|me escrever|perturbar|incomodar)\w*",
    rf"no (?:quiero|deseo|acepto|autorizo|queremos)(?: seguir)? (?:recibir|recibiendo|mas|el envio de|que me lleguen) ?(?:mas )?{_MESSAGES}",
    r"no (?:quiero|deseo)(?: seguir)? (?:recibir|recibiendo) (?:mas|nada)(?: (?:de ustedes|nada|por aqui|por este medio))?$",
    rf"(?<!no )(?:quiero|quisiera|deseo|solicito|pido|exijo|necesito|favor|por favor|pueden|me pueden|como puedo|puedo|para)"
    rf"(?: que)? {_TAKE_OFF}(?! (?:el|la|los|las|mi|mis|su|un|una|del (?:seguro|trabajo|servicio)|de la empresa)\b)",
    r"(?:denme|deme|dame|dennos) (?:ya )?de baja",
    rf"(?:quit|saq|sac|borr|elimin|remuev)(?:uen|ue|en|e|a|an|ar|in)?(?:me|nos|men) {_LIST}",
    rf"(?:borren|eliminen|quiten|saquen|retiren) mi (?:numero|telefono|celular|correo|contacto|nombre) {_LIST}",
    r"(?:borren|eliminen|quiten|saquen|retiren) mi (?:numero|telefono|celular|correo|contacto)$",
    # Portuguese
    r"(?:nao|para de|parem de|pare de) (?:me )?(?:mandem?|enviem?|escrevam?|escreva|mandar|enviar|escrever|perturbem?|contatem?"
    r"|incomodem?)\w*",
    rf"nao (?:quero|desejo) (?:mais )?receber(?: mais)?(?: {_MESSAGES})?",
    rf"(?:me (?:tirem?|removam?|retirem?|exclua[m]?)|quero (?:sair|ser removid[oa])) {_LIST}",
    # English
    r"(?:stop|quit) (?:texting|messaging|sending|contacting|emailing|writing|bothering|harassing)\w*",
    r"(?:do not|dont|never|please dont) (?:text|message|contact|email|write|bother|send)(?: to)? (?:me|us)",
    rf"(?:take|remove|delete) (?:me|my (?:number|email|name)) {_LIST}",
    r"(?:please )?unsubscribe me",
    r"i (?:want|would like|d like) to (?:unsubscribe|opt out)",
)  # fmt: skip
# a wish about when and where is no stop: a person reads it
_LIMITED = _any(
    "tan", "tarde", "temprano", "noche", "noches", "domingos?", "sabados?", "horas?", "horario", "trabajo", "oficina",
    "antes", "despues", "hasta", "a menos", "mientras", "late", "early", "at night", "at work", "on sundays?", "until",
    "before", "after", "trabalho", "ate", "cedo", "noite", "al correo", "por correo",
)  # fmt: skip

# --- paid ---------------------------------------------------------------------------------------------------------
_IT = r"(?:(?:lo|la|los|las|le|les|se|te|me|os|todo|toda|todos|todas|eso|esa|si|yo|o|isso|tudo) )*"
_DONE = (
    r"(?:pague|pagamos|cancele|cancelamos|abone|deposite|transferi|consigne|liquide|salde|paguei|quitei|"
    r"(?:hice|hicimos|realice|realizamos|efectue|di|fiz) (?:el|la|mi|un|una|o|a|su|ese|esa|todo el)? ?(?:pago|deposito|"
    r"transferencia|consignacion|abono|pix|pagamento|sinpe|yape|spei|liquidacion)s?|"
    r"(?:he|hemos|habia|tenho) (?:pagado|cancelado|depositado|transferido|liquidado|pago)|"
    r"(?:esta|estan|quedo|quedaron|fue|ha sido|foi|ta) (?:todo )?(?:pagad[oa]s?|cancelad[oa]s?|liquidad[oa]s?|saldad[oa]s?|pag[oa]|"
    r"quitad[oa]))"
)
_PAID = _any(
    rf"(?:ya|ja) {_IT}{_DONE}",
    r"(?:ya )?(?:lo |la |los |las |les |le |te |se los |se lo |se la )?(?:pague|pagamos ya|paguei|deposite|transferi|consigne)",
    r"(?:hice|hicimos|realice|realizamos|efectue|fiz) (?:el|la|mi|un|una|o|a|su|ese|esa)? ?(?:pago|deposito|transferencia|"
    r"consignacion|pix|pagamento|sinpe|yape|spei)",
    r"(?:he|hemos) (?:pagado|cancelado|depositado)",
    r"(?:esta|estan|quedo|fue|foi) (?:todo |totalmente |ya )?(?:pagad[oa]s?|liquidad[oa]s?|saldad[oa]s?|quitad[oa])",
    r"(?:adjunto|anexo|envio|mando|aqui (?:esta|va|tiene|tienen)|ahi (?:esta|va|tiene)|te paso|le paso|les paso|les envio|le envio"
    r"|segue)(?: (?:el|mi|su|un|o|la|foto de|foto del))* (?:comprobante|voucher|boucher|baucher|soporte|recibo de pago|constancia"
    r"|comprovante|boleta de deposito)",
    r"(?:i|we) (?:already |have already |have |just |had )?paid", r"(?:ive|weve) (?:already |just )?paid", r"already paid",
    r"(?:its|it is|it was|was|has been|is) (?:already )?paid", r"payment (?:was |has been |is )?(?:already )?(?:made|sent|done)",
    r"(?:i|we) (?:already |just |have )*(?:made|sent|did) (?:the|my|a) (?:payment|transfer|deposit)",
    r"^(?:ya |todo |ja )?(?:pagad[oa]|pague|paid|pago ya hecho)(?: gracias)?$",
)  # fmt: skip
_NOT_PAID = _any(
    r"(?:no|nunca|jamas|tampoco|aun no|todavia no|nao|not|never|havent|hasnt|didnt|isnt)(?: (?:lo|la|los|las|le|les|se|te|me|he|"
    r"hemos|ha|have|been|yet|yo|ya)){0,3} (?:pague|pagado|pagamos|cancele|cancelado|abone|deposite|depositado|transferi|hice|"
    r"hicimos|realice|esta|estan|quedo|fue|foi|paguei|paid|made|sent|hecho|fiz)",
    r"(?:cuando|apenas|en cuanto|tan pronto|una vez|hasta que|para que|antes de que|despues de que|luego que|quieren? que|quando"
    r"|assim que|when|once|until|after|as soon as)(?: \w+){0,4}? (?:pague|paguen|cancele|deposite|abone|liquide|transferi|paid|"
    r"hice|este|esta)",
    r"(?:que|quien) (?:yo |les? )?(?:pague|cancele|deposite|abone|liquide) (?:el|la|los|las|hoy|manana|ya|todo)?$",
    r"(?:quieren?|piden?|pretenden?|exigen?|dicen?) que (?:yo |les |le |lo )*(?:pague|cancele|deposite)",
    r"(?:cancele|cancelamos|cancelad[oa]) (?:el|la|mi|su|esa|ese)? ?(?:suscripcion|servicio|contrato|linea|plan|cuenta|tarjeta|cita|"
    r"poliza|seguro|pedido|reserva)",
    r"(?:suscripcion|servicio|contrato|linea|plan|cuenta|tarjeta|poliza|seguro) (?:ya )?(?:esta|fue|quedo|ha sido) cancelad[oa]",
    r"(?:doble|dos veces|de mas|por error)",
)  # fmt: skip
_PARTLY = _any(
    "mitad", "una parte", "parte de", "parcial(?:mente)?", "primera cuota", "half", "part of", "partial(?:ly)?", "metade", "algo",
    "un poco", "some of", "un abono",
)  # fmt: skip

# --- a day, and the wish to pay --------------------------------------------------------------------------------------
_NOUN = r"(?<!\bel )(?<!\bun )(?<!\bmi )(?<!\bsu )(?<!\bdel )(?<!\bde )(?<!\bal )(?<!\beste )(?<!\besta )(?<!\bsin )(?<!\bthe )(?<!\bmy )(?<!\bo )(?<!\bmeu )"
_TO_PAY = (
    r"(?:pagar|cancelar|depositar|abonar|transferir|consignar|liquidar|saldar|(?:hacer|realizar|efectuar|fazer|dar)(?:les|le|te)? "
    r"(?:el|un|mi|la|una|o|a|otro|ese)? ?(?:pago|deposito|abono|transferencia|consignacion|pix|pagamento))(?:les|le|te|lo|la|los|las)*"
)
_PAYS = _any(
    rf"{_NOUN}(?:pago|abono|deposito|cancelo|liquido|consigno)", r"transfiero|pagare|pagaremos|abonare|depositare|transferire|"
    r"cancelare|liquidare|consignare|saldare|pagaria|depositaria|abonaria|pagarei",
    r"(?:hago|hare|haremos|haria|realizo|realizare|efectuo|efectuare|doy|dare|faco|farei) (?:el|un|mi|la|una|o|otro|ese)? ?"
    r"(?:pago|deposito|abono|transferencia|consignacion|pix|pagamento)",
    rf"(?:voy a|vamos a|vou|puedo|podemos|podria|podriamos|posso|quiero|quisiera|quero|pienso|espero|prometo|paso a|pasare a|ire a|"
    rf"me comprometo a|comprometo a|estare|estoy|tengo pensado|para|les puedo|le puedo) (?:ir a )?{_TO_PAY}",
    r"(?:estare|estoy|estaria) (?:pagando|depositando|abonando|cancelando|transfiriendo)\w*", "me comprometo", "lo prometo",
    r"(?:ill|i will|i can|i could|i shall|im|i am|we will|well|we can|going to|gonna|will|can) (?:be )?(?:pay|paying|send|deposit|"
    r"transfer|make (?:the|a|my) payment|do it)",
    r"^pay", "i promise", "i pay",
)  # fmt: skip
_SMALL = re.compile(
    r"\b(?:si|sim|ok|okey|okay|el|la|los|las|lo|este|esta|para|por|favor|porfa|porfavor|gracias|hola|buenas?|buenos?|buen|dias?|"
    "tardes?|noches?|noite|hasta|seria|sera|a|al|de|del|en|no dia|mas|tardar|entonces|y|pues|bueno|listo|dale|va|vale|sin|falta|"
    "mismo|misma|seguro|ya|yes|yeah|sure|on|by|the|of|thanks|thank you|please|at|ate|em|da|do|na|pela|bem|claro|perfecto|"
    "primera|hora|temprano|medio|mediodia|resto|saldo|demas|que|falta|um|uma|un|una|fecha|mes|ano|ese|esa|it|will|be|"
    r"senor(?:es|ita|a)?|amigos?)\b|#|[/.-]"
)
_HOUR = re.compile(
    r"\b(?:a|para|at|as)(?: las?)? ?\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|hs?|hrs?|horas)?\b|\b\d{1,2} ?(?:am|pm|hs|hrs)\b"
)
_HEDGED = _any(
    "tal vez", "talvez", "quizas?", "creo", "a lo mejor", "puede ser", "posiblemente", "probablemente", "depende", "maybe",
    "perhaps", "i think", "probably", "if", "acho", "antes", "despues", "a partir", "entre", "alrededor", "mas o menos", "aprox",
    "aproximadamente", "como el", "o", "u", "or", "before", "after", "around", "between", "mitad", "desde", "trato", "tratare", "intento",
    "intentare", "espero", "si (?:me|puedo|consigo|cobro|pago|hago|deposito)", "try", "hope", "cada", "siempre", "always", "todos los", "every",
    "partir del?",
)  # fmt: skip
_PAY_DAY = _any("me pagan?", "me depositan?", "cobro", "me caen?", "recibo", "i get paid", "get paid", "eu recebo")
_PAST = _any("hace", "ayer", "pasado", "ago", "last", "yesterday", "ontem", "passada?")
_NO = _any(
    "no",
    "nunca",
    "jamas",
    "tampoco",
    "ni",
    "nao",
    "not",
    "never",
    "cant",
    "cannot",
    "wont",
    "dont",
    "imposible",
    "sin dinero",
)
_FRIENDLY_NO = _any(
    "no hay problema", "no se preocupen?", "no te preocupes", "no problem", "como no", "por que no", "no les fallo", "no le fallo",
    "no te fallo", "no fallo", "no quedo mal", "sem problema", "no worries", "no mas tardar", "no dia", "no fim", "no final",
)  # fmt: skip
_MONEY = _any(
    r"pag\w*", "cancelar", "depositar", "abonar", "dinero", "plata", "puedo", "pay", "money", "posso", "dinheiro", "quiero", "tengo",
    "want", "quero",
)  # fmt: skip
_DEBT = r"(?:deuda|saldo|cuenta|factura|cuota|cuotas|credito|prestamo|boleto|divida|debt|balance|bill|account|adeudo|atraso)"
_WISHES = _any(
    rf"(?:quiero|quisiera|deseo|quero|queremos|me gustaria|necesito|gostaria de|busco|pretendo|tengo (?:la )?intencion de) (?:ya )?"
    rf"(?:{_TO_PAY.replace('cancelar|', '')}|negociar|regularizar\w*|arreglar|ponerme al (?:dia|corriente)|llegar a un (?:acuerdo|arreglo)|"
    rf"finiquitar|renegociar|quitar|parcelar|resolver|un (?:convenio|acuerdo|arreglo|plan)|hacer un (?:convenio|acuerdo|arreglo|plan))",
    rf"(?:quiero|quisiera|deseo|quero|necesito|para|puedo|voy a) cancelar (?:el |la |mi |los |las |toda la |toda mi |a )?{_DEBT}",
    rf"(?:como|donde|a donde|en donde|por donde|con quien|onde|a que cuenta|en que cuenta|a que numero|cuando)(?: (?:le|les|te|lo|la|se|"
    rf"eu|hago para|faco para|puedo|podria|posso|debo|tengo que|es que|seria para)+)* (?:{_TO_PAY}|pago|deposito|abono|transfiero|consigno|"
    r"cancelo|pagamos)",
    r"(?:link|enlace|liga) (?:de|del|para|para el) (?:pago|pagar)", r"(?:datos|cuenta|numero de cuenta|clabe|pix|boleto|referencia|"
    r"codigo) (?:de|del|para|para el|bancari[oa]s?)(?: \w+)? ?(?:pago|pagar|deposito|depositar|transferir|transferencia)",
    r"(?:m[ae]nd[ae]n?me|envie?n?me|envia?me|pas[ae]n?me|me (?:mandan?|envian?|pasan?|manda|envia))(?: \w+){0,2} (?:link|enlace|liga|"
    r"cuenta|datos|pix|boleto|clabe|referencia)",
    rf"(?:puedo|podria|podemos|se puede|posso|da para|puede ser|puedo ir) (?:{_TO_PAY}|parcelar)", r"(?:si|yo si|claro que) (?:quiero|voy a) "
    r"(?:pagar|abonar|arreglar)", rf"(?:voy a|vamos a|vou) (?:{_TO_PAY})", r"(?:les|le|te) (?:pago|deposito|transfiero|abono)",
    r"plan de pagos?", r"(?:pagar|abonar) (?:en|por) (?:cuotas|partes|pagos|abonos|parcelas)", r"acepto (?:el|la|su|tu|esa|ese)? ?"
    r"(?:acuerdo|oferta|convenio|propuesta|plan|descuento)",
    r"(?:i|we|id) (?:want|would like|d like|like|need|wish) to (?:pay|settle|negotiate|arrange|set up)\w*", r"id like to (?:pay|settle)",
    r"(?:how|where) (?:can|do|could|should) (?:i|we) (?:pay|make (?:a|the|my) payment|settle)", r"(?:can|could|may) (?:i|we) pay",
    r"(?:payment plan|payment link|link to pay|pay in (?:installments|instalments|parts))", r"(?:ill|i will|i can) pay",
    r"ready to pay", r"willing to pay",
)  # fmt: skip
