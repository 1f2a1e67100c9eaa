"""The four pretend books: invented creditors, real currencies, zones, calling hours and numbering plans."""

from dataclasses import dataclass
from datetime import time

from workbench.rules.contact_policies import Hours


@dataclass(frozen=True, slots=True)
class Town:
    """Where debtors live: its clock, and what a landline there begins with (international, no plus)."""

    name: str
    region: str
    zone: str
    landline: str
    share: float


@dataclass(frozen=True, slots=True)
class Book:
    """One portfolio and how its debts look; money in cents of its currency."""

    code: str
    name: str
    creditor_code: str
    creditor: str
    country: str
    currency: str
    zone: str
    hours: Hours
    locale: str
    share: float  # of all debtors
    agents: tuple[str, ...]
    products: tuple[str, ...]
    account_prefix: str
    typical_cents: int
    step_cents: int
    varies: float  # how much one bill differs from the next; 0 = equal instalments
    months_ahead: int
    mobiles: tuple[str, ...]
    pilot: str  # the region that the strategy writes to; the others are only called
    pilot_days: int  # so long it has done so
    held_out: float  # of the pilot's debtors
    by_sms: tuple[str, ...]  # its steps that begin with an SMS
    towns: tuple[Town, ...]


WORKDAY = Hours(time(8), time(20))
SUPERVISORS = {"MX-TARJETAS": "sofia@", "CO-MOVIL": "ines@", "CL-TIENDA": "hugo@", "PE-MICRO": "hugo@"}

# Subscriber numbers that begin with 0, or blocks that libphonenumber knows no operator for: they parse as valid
# numbers of the country and are the least likely to ring at somebody's home. No country here reserves numbers for fiction.
BOOKS: tuple[Book, ...] = (
    Book(
        code="MX-TARJETAS",
        name="Tarjetas México",
        creditor_code="JACARANDA",
        creditor="Banco Jacaranda",
        country="MX",
        currency="MXN",
        zone="America/Mexico_City",
        hours=WORKDAY,
        locale="es_MX",
        share=0.37,
        agents=("ana@", "luis@", "carmen@", "raul@", "elisa@"),
        products=("Tarjeta clásica", "Tarjeta oro", "Tarjeta nómina"),
        account_prefix="TC",
        typical_cents=145_000,
        step_cents=100,
        varies=0.18,
        months_ahead=1,
        mobiles=("52550", "52330", "52810", "526640", "526620", "529980", "526140", "529990", "526670"),
        pilot="Nuevo León",
        pilot_days=22,
        held_out=0.2,
        by_sms=("first",),
        towns=(
            Town("Ciudad de México", "CDMX", "America/Mexico_City", "52550", 0.34),
            Town("Guadalajara", "Jalisco", "America/Mexico_City", "52330", 0.16),
            Town("Monterrey", "Nuevo León", "America/Monterrey", "52810", 0.15),
            Town("Mérida", "Yucatán", "America/Merida", "529990", 0.07),
            Town("Chihuahua", "Chihuahua", "America/Chihuahua", "526140", 0.06),
            Town("Culiacán", "Sinaloa", "America/Mazatlan", "526670", 0.06),
            Town("Hermosillo", "Sonora", "America/Hermosillo", "526620", 0.05),
            Town("Tijuana", "Baja California", "America/Tijuana", "526640", 0.07),
            Town("Cancún", "Quintana Roo", "America/Cancun", "529980", 0.04),
        ),
    ),
    Book(
        code="CO-MOVIL",
        name="Telefonía móvil Colombia",
        creditor_code="FRAILEJON",
        creditor="Telefonía Frailejón",
        country="CO",
        currency="COP",
        zone="America/Bogota",
        hours=Hours(time(7), time(19), time(8), time(15)),
        locale="es_CO",
        share=0.27,
        agents=("bruno@", "paola@", "andres@", "lucia@"),
        products=("Plan pospago", "Internet hogar", "Equipo a plazos"),
        account_prefix="LN",
        typical_cents=9_500_000,
        step_cents=10_000,
        varies=0.12,
        months_ahead=1,
        mobiles=("57319000", "57314000", "57323000", "57350000"),
        pilot="Santander",
        pilot_days=13,
        held_out=0.5,
        by_sms=("courtesy", "second"),
        towns=(
            Town("Bogotá", "Bogotá D. C.", "America/Bogota", "57601200", 0.42),
            Town("Medellín", "Antioquia", "America/Bogota", "57604200", 0.20),
            Town("Cali", "Valle del Cauca", "America/Bogota", "57602200", 0.15),
            Town("Barranquilla", "Atlántico", "America/Bogota", "57605200", 0.13),
            Town("Bucaramanga", "Santander", "America/Bogota", "57607200", 0.10),
        ),
    ),
    Book(
        code="CL-TIENDA",
        name="Crédito de tienda Chile",
        creditor_code="ALERCE",
        creditor="Multitienda Alerce",
        country="CL",
        currency="CLP",
        zone="America/Santiago",
        hours=Hours(time(8), time(20), time(8), time(20)),
        locale="es_CL",
        share=0.20,
        agents=("diego@", "javiera@", "matias@"),
        products=("Compra en cuotas", "Avance en efectivo"),
        account_prefix="CU",
        typical_cents=3_800_000,
        step_cents=1_000,
        varies=0.0,
        months_ahead=5,
        mobiles=("569260", "569280", "569800"),
        pilot="La Araucanía",
        pilot_days=15,
        held_out=0.2,
        by_sms=("first", "firm"),
        towns=(
            Town("Santiago", "Región Metropolitana", "America/Santiago", "562230", 0.52),
            Town("Concepción", "Biobío", "America/Santiago", "56410", 0.14),
            Town("Valparaíso", "Valparaíso", "America/Santiago", "56320", 0.14),
            Town("Antofagasta", "Antofagasta", "America/Santiago", "56550", 0.10),
            Town("Temuco", "La Araucanía", "America/Santiago", "56450", 0.06),
            Town("Punta Arenas", "Magallanes", "America/Punta_Arenas", "56610", 0.04),
        ),
    ),
    Book(
        code="PE-MICRO",
        name="Microcrédito Perú",
        creditor_code="RETAMA",
        creditor="Financiera Retama",
        country="PE",
        currency="PEN",
        zone="America/Lima",
        hours=Hours(time(7), time(20)),
        locale="es_ES",  # Faker has no Peruvian names
        share=0.16,
        agents=("rosa@", "jorge@"),
        products=("Capital de trabajo", "Crédito mujer", "Activo fijo"),
        account_prefix="PR",
        typical_cents=32_000,
        step_cents=10,
        varies=0.0,
        months_ahead=9,
        mobiles=("51911", "51960"),
        pilot="Junín",
        pilot_days=15,
        held_out=0.2,
        by_sms=("courtesy", "first", "second"),
        towns=(
            Town("Lima", "Lima", "America/Lima", "5110", 0.46),
            Town("Arequipa", "Arequipa", "America/Lima", "51540", 0.16),
            Town("Trujillo", "La Libertad", "America/Lima", "51440", 0.14),
            Town("Piura", "Piura", "America/Lima", "51730", 0.10),
            Town("Cusco", "Cusco", "America/Lima", "51840", 0.08),
            Town("Huancayo", "Junín", "America/Lima", "51640", 0.06),
        ),
    ),
)
