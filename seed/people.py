"""Who works here, and who owes: invented names, valid identity numbers, mail that goes nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from faker import Faker

from models import Role
from seed.identities import Holder, identity_number
from seed.portfolios import Book, Town
from workbench.rules.names import fold

# Printed by `workbench up` and good only for the pretend data; seeding refuses a database that holds anything.
DEMO_PASSWORD = "cobranza-demo"  # noqa: S105 meant to be known


@dataclass(frozen=True, slots=True)
class Employee:
    """A demo log-in: `teams` are codes of TEAMS."""

    email: str
    name: str
    role: Role
    teams: tuple[str, ...]


TEAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "norte": ("Equipo Norte", ("MX-TARJETAS",)),
    "andes": ("Equipo Andes", ("CO-MOVIL",)),
    "sur": ("Equipo Sur", ("CL-TIENDA", "PE-MICRO")),
}
EVERYWHERE = tuple(TEAMS)
EMPLOYEES: tuple[Employee, ...] = (
    Employee("ana@example.com", "Ana Robles", Role.AGENT, ("norte",)),
    Employee("sofia@example.com", "Sofía Lara", Role.SUPERVISOR, ("norte",)),
    Employee("marta@example.com", "Marta Ibarra", Role.MANAGER, EVERYWHERE),
    Employee("alma@example.com", "Alma Quiroga", Role.ADMIN, EVERYWHERE),
    Employee("bruno@example.com", "Bruno Cárdenas", Role.AGENT, ("andes",)),
    Employee("luis@example.com", "Luis Ortega", Role.AGENT, ("norte",)),
    Employee("carmen@example.com", "Carmen Solís", Role.AGENT, ("norte",)),
    Employee("raul@example.com", "Raúl Medina", Role.AGENT, ("norte",)),
    Employee("elisa@example.com", "Elisa Pardo", Role.AGENT, ("norte",)),
    Employee("ines@example.com", "Inés Salcedo", Role.SUPERVISOR, ("andes",)),
    Employee("paola@example.com", "Paola Restrepo", Role.AGENT, ("andes",)),
    Employee("andres@example.com", "Andrés Mejía", Role.AGENT, ("andes",)),
    Employee("lucia@example.com", "Lucía Arango", Role.AGENT, ("andes",)),
    Employee("hugo@example.com", "Hugo Fuentes", Role.SUPERVISOR, ("sur",)),
    Employee("diego@example.com", "Diego Rojas", Role.AGENT, ("sur",)),
    Employee("javiera@example.com", "Javiera Soto", Role.AGENT, ("sur",)),
    Employee("matias@example.com", "Matías Vera", Role.AGENT, ("sur",)),
    Employee("rosa@example.com", "Rosa Huamán", Role.AGENT, ("sur",)),
    Employee("jorge@example.com", "Jorge Quispe", Role.AGENT, ("sur",)),
)
DEMO_LOGINS: tuple[Employee, ...] = EMPLOYEES[:5]


@dataclass(frozen=True, slots=True)
class Person:
    """A debtor; `phones` are (E.164, kind) with the likeliest first."""

    reference: str
    name: str
    firm: bool
    tax_id: str
    address: str
    town: int  # row of the book's towns
    phones: tuple[tuple[str, str], ...]
    email: str | None


def debtors(book: Book, how_many: int, random: np.random.Generator) -> list[Person]:
    """The debtors of a book, the same ones for the same random numbers."""
    fake = Faker(book.locale)
    fake.seed_instance(int(random.integers(2**31)))
    towns = random.choice(len(book.towns), how_many, p=_shares(book.towns)).tolist()
    serials = random.choice(9_000_000, how_many, replace=False).tolist()
    return [_person(book, towns[row], serials[row], fake, random) for row in range(how_many)]


def _shares(towns: tuple[Town, ...]) -> np.ndarray:
    shares = np.array([town.share for town in towns])
    return np.asarray(shares / shares.sum())


def _person(book: Book, town: int, serial: int, fake: Faker, random: np.random.Generator) -> Person:
    firm, woman, has_mail = (random.random(3) < (0.06, 0.52, 0.6)).tolist()
    given = fake.first_name_female() if woman else fake.first_name_male()
    first, second = fake.last_name(), fake.last_name()
    mail = fold(f"{given} {first}").replace(" ", ".")
    return Person(
        reference=f"{book.creditor_code[:3]}-{serial:07d}",
        name=fake.company() if firm else f"{given} {first} {second}",
        firm=firm,
        tax_id=identity_number(book.country, Holder(given, first, second, firm, serial)),
        address=" ".join(fake.street_address().split()),
        town=town,
        phones=tuple(dict(_phones(book, book.towns[town], random)).items()),  # nobody has one number twice
        email=f"{mail}.{serial}@example.com" if has_mail else None,
    )


def _phones(book: Book, town: Town, random: np.random.Generator) -> Iterator[tuple[str, str]]:
    """One to three numbers: mobiles, and sometimes a landline of the town."""
    length = {"MX": 12, "CO": 12, "CL": 11, "PE": 11}[book.country]
    for _ in range(1 + int(random.random() < 0.45)):
        # a Mexican mobile begins with its town's area code like a landline does
        start = town.landline if book.country == "MX" else str(random.choice(book.mobiles))
        yield _number(start, length, random), "mobile"
    if random.random() < 0.3:
        yield _number(town.landline, length - (book.country == "PE"), random), "landline"


def _number(start: str, length: int, random: np.random.Generator) -> str:
    missing = length - len(start)
    return f"+{start}{int(random.integers(10**missing)):0{missing}d}"
