"""The time zone of an address, where its region decides it.

Only countries of several zones are listed; the regions' zones are those of the IANA database (zone1970.tab and its
notes, release 2025b). A region of two zones is listed only where nearly everybody lives in one of them; otherwise a
town may decide. Anything else is unknown, and the phone or the portfolio decides.
"""

import re
from functools import lru_cache

from babel.core import get_global

from workbench.rules.names import fold

COUNTRIES = frozenset(get_global("territory_zones")) - {"ZZ", "001"}  # ISO 3166 alpha-2

_REGIONS: dict[str, dict[str, str]] = {
    "AR": {
        "America/Argentina/Buenos_Aires": "buenos aires|provincia de buenos aires|pba|ciudad autonoma de buenos aires"
        "|ciudad de buenos aires|capital federal|caba|c.a.b.a.",
        "America/Argentina/Cordoba": "cordoba|corrientes|chaco|entre rios|formosa|misiones|santa fe|santiago del estero",
        "America/Argentina/Salta": "salta|la pampa|neuquen|rio negro",
        "America/Argentina/Jujuy": "jujuy",
        "America/Argentina/Tucuman": "tucuman",
        "America/Argentina/Catamarca": "catamarca|chubut",
        "America/Argentina/La_Rioja": "la rioja",
        "America/Argentina/San_Juan": "san juan",
        "America/Argentina/Mendoza": "mendoza",
        "America/Argentina/San_Luis": "san luis",
        "America/Argentina/Rio_Gallegos": "santa cruz",
        "America/Argentina/Ushuaia": "tierra del fuego|tierra del fuego, antartida e islas del atlantico sur",
    },
    "BR": {
        "America/Rio_Branco": "acre|ac",
        "America/Manaus": "amazonas|am",
        "America/Boa_Vista": "roraima|rr",
        "America/Porto_Velho": "rondonia|ro",
        "America/Cuiaba": "mato grosso|mt",
        "America/Campo_Grande": "mato grosso do sul|ms",
        "America/Sao_Paulo": "sao paulo|sp|rio de janeiro|rj|minas gerais|mg|espirito santo|es|parana|pr|santa catarina|sc"
        "|rio grande do sul|rs|goias|go|distrito federal|df",
        "America/Bahia": "bahia|ba",
        "America/Fortaleza": "ceara|ce|maranhao|ma|paraiba|pb|piaui|pi|rio grande do norte|rn",
        "America/Recife": "pernambuco|pe",
        "America/Noronha": "fernando de noronha",
        "America/Maceio": "alagoas|al|sergipe|se",
        "America/Belem": "para|pa|amapa|ap",
        "America/Araguaina": "tocantins|to",
    },
    "CL": {
        "America/Punta_Arenas": "magallanes|magallanes y de la antartica chilena|magallanes y la antartica chilena|xii",
        "America/Coyhaique": "aysen|aisen|aysen del general carlos ibanez del campo"
        "|aisen del general carlos ibanez del campo|xi",
        "Pacific/Easter": "isla de pascua|rapa nui",
        "America/Santiago": "arica y parinacota|tarapaca|antofagasta|atacama|coquimbo|valparaiso|metropolitana|rm"
        "|metropolitana de santiago|santiago|ohiggins|o'higgins|libertador general bernardo o'higgins|maule|nuble|biobio"
        "|bio bio|bio-bio|araucania|la araucania|los rios|los lagos",
    },
    "EC": {
        "Pacific/Galapagos": "galapagos|islas galapagos",
        "America/Guayaquil": "azuay|bolivar|canar|carchi|chimborazo|cotopaxi|el oro|esmeraldas|guayas|imbabura|loja"
        "|los rios|manabi|morona santiago|napo|orellana|pastaza|pichincha|santa elena|santo domingo"
        "|santo domingo de los tsachilas|sucumbios|tungurahua|zamora chinchipe",
    },
    "ES": {
        "Atlantic/Canary": "canarias|islas canarias|las palmas|las palmas de gran canaria|gran canaria|santa cruz de tenerife"
        "|tenerife|lanzarote|fuerteventura|la palma|la gomera|el hierro",
        "Africa/Ceuta": "ceuta|melilla",
        "Europe/Madrid": "andalucia|almeria|cadiz|cordoba|granada|huelva|jaen|malaga|sevilla|aragon|huesca|teruel|zaragoza"
        "|asturias|principado de asturias|baleares|illes balears|islas baleares|cantabria|castilla y leon|avila|burgos"
        "|leon|palencia|salamanca|segovia|soria|valladolid|zamora|castilla-la mancha|castilla la mancha|albacete"
        "|ciudad real|cuenca|guadalajara|toledo|cataluna|catalunya|barcelona|girona|gerona|lleida|lerida|tarragona"
        "|comunidad valenciana|comunitat valenciana|alicante|alacant|castellon|castello|valencia|extremadura|badajoz"
        "|caceres|galicia|a coruna|la coruna|lugo|ourense|orense|pontevedra|madrid|comunidad de madrid|murcia"
        "|region de murcia|navarra|comunidad foral de navarra|pais vasco|euskadi|alava|araba|bizkaia|vizcaya|gipuzkoa"
        "|guipuzcoa|la rioja",
    },
    "MX": {
        "America/Tijuana": "baja california|baja california norte|bc|b.c.|bcn",
        # Nayarit's south coast keeps the capital's hour; it is one town of `_TOWNS`.
        "America/Mazatlan": "baja california sur|bcs|b.c.s.|sinaloa|sin|nayarit|nay",
        "America/Hermosillo": "sonora|son",
        "America/Cancun": "quintana roo|q roo|q. roo|qroo",
        "America/Merida": "yucatan|yuc|campeche|camp",
        "America/Monterrey": "nuevo leon|nl|n.l.|coahuila|coahuila de zaragoza|coah|durango|dgo",
        "America/Mexico_City": "aguascalientes|ags|ciudad de mexico|cdmx|distrito federal|df|d.f.|chiapas|chis|colima|col"
        "|estado de mexico|edomex|mexico|guanajuato|gto|guerrero|gro|hidalgo|hgo|jalisco|jal|michoacan"
        "|michoacan de ocampo|mich|morelos|mor|oaxaca|oax|puebla|pue|queretaro|qro|san luis potosi|slp|s.l.p."
        "|tabasco|tab|tlaxcala|tlax|veracruz|veracruz de ignacio de la llave|ver|zacatecas|zac",
    },
    # Alaska, Florida, Idaho, Indiana, Kansas, Kentucky, Michigan, Nebraska, the Dakotas, Oregon, Tennessee and Texas have
    # two zones each. Arizona is listed although the Navajo Nation keeps daylight saving time.
    "US": {
        "America/New_York": "connecticut|ct|delaware|de|district of columbia|washington dc|washington d.c.|dc|d.c.|georgia|ga"
        "|maine|me|maryland|md|massachusetts|ma|new hampshire|nh|new jersey|nj|new york|ny|north carolina|nc|ohio|oh"
        "|pennsylvania|pa|rhode island|ri|south carolina|sc|vermont|vt|virginia|va|west virginia|wv",
        "America/Chicago": "alabama|al|arkansas|ar|illinois|il|iowa|ia|louisiana|la|minnesota|mn|mississippi|ms|missouri|mo"
        "|oklahoma|ok|wisconsin|wi",
        "America/Denver": "colorado|co|montana|mt|new mexico|nm|utah|ut|wyoming|wy",
        "America/Phoenix": "arizona|az",
        "America/Los_Angeles": "california|ca|nevada|nv|washington|wa|washington state",
        "Pacific/Honolulu": "hawaii|hi",
        "America/Puerto_Rico": "puerto rico|pr",
    },
}

# Towns and borders that keep another hour than their state, and the towns of states that are nowhere listed above.
# "Border" alone says enough where the state's whole border keeps one hour; Chihuahua's has two.
_TOWNS: dict[str, dict[str, dict[str, str]]] = {
    "MX": {
        "chihuahua|chih": {
            "America/Chihuahua": "chihuahua|parral|hidalgo del parral|delicias|cuauhtemoc|camargo|jimenez|nuevo casas grandes",
            "America/Ciudad_Juarez": "ciudad juarez|cd juarez|cd. juarez|juarez|guadalupe|praxedis g. guerrero|ascension"
            "|janos|border west|west border|western border|frontera oeste|frontera poniente",
            "America/Ojinaga": "ojinaga|coyame|coyame del sotol|manuel benavides|border east|east border|eastern border"
            "|frontera este|frontera oriente",
        },
        "tamaulipas|tamps": {
            "America/Monterrey": "ciudad victoria|cd victoria|cd. victoria|victoria|tampico|ciudad madero|cd. madero"
            "|altamira|ciudad mante|el mante|san fernando",
            "America/Matamoros": "matamoros|h. matamoros|heroica matamoros|reynosa|nuevo laredo|rio bravo|valle hermoso"
            "|miguel aleman|ciudad miguel aleman|camargo|mier|gustavo diaz ordaz|border|us border|frontera|zona fronteriza",
        },
        "coahuila|coahuila de zaragoza|coah": {
            "America/Matamoros": "piedras negras|acuna|ciudad acuna|cd. acuna|nava|allende|zaragoza|villa union|jimenez"
            "|guerrero|hidalgo|morelos|ocampo|border|us border|frontera norte|zona fronteriza",
        },
        "nuevo leon|nl|n.l.": {"America/Matamoros": "anahuac|ciudad anahuac|border|us border|frontera|zona fronteriza"},
        "nayarit|nay": {
            "America/Bahia_Banderas": "bahia de banderas|bucerias|nuevo vallarta|valle de banderas|sayulita|punta de mita",
        },
    },
    "BR": {"pernambuco|pe": {"America/Noronha": "fernando de noronha|noronha"}},
    "CL": {"valparaiso|v": {"Pacific/Easter": "isla de pascua|rapa nui|hanga roa|easter island"}},
}

# Names that the IANA database keeps only for old programs, of the countries whose law is known.
_RENAMED = {
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Argentina/ComodRivadavia": "America/Argentina/Catamarca",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Rosario": "America/Argentina/Cordoba",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Mendoza": "America/Argentina/Mendoza",
    "America/Porto_Acre": "America/Rio_Branco",
    "Brazil/Acre": "America/Rio_Branco",
    "Brazil/DeNoronha": "America/Noronha",
    "Brazil/East": "America/Sao_Paulo",
    "Brazil/West": "America/Manaus",
    "Chile/Continental": "America/Santiago",
    "Chile/EasterIsland": "Pacific/Easter",
    "America/Ensenada": "America/Tijuana",
    "America/Santa_Isabel": "America/Tijuana",
    "Mexico/BajaNorte": "America/Tijuana",
    "Mexico/BajaSur": "America/Mazatlan",
    "Mexico/General": "America/Mexico_City",
    "America/Fort_Wayne": "America/Indiana/Indianapolis",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Knox_IN": "America/Indiana/Knox",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Shiprock": "America/Denver",
    "US/Alaska": "America/Anchorage",
    "US/Arizona": "America/Phoenix",
    "US/Central": "America/Chicago",
    "US/Eastern": "America/New_York",
    "US/Hawaii": "Pacific/Honolulu",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "GB": "Europe/London",
}

_HINTED = re.compile(r"(.*?)\s*[(\[](.*?)[)\]]\s*")
_TITLES = re.compile(r"(?:estado|provincia|departamento|region|state) (?:de |del |of |do |da )?")


def zone_of_region(country: str, region: str | None, city: str | None = None) -> str | None:
    """The IANA zone of a region (state, province) of a country (ISO 3166 alpha-2); none when the address does not say.

    A town, given apart or in brackets after the region ("Chihuahua (Juárez)"), decides where the region has two zones.
    """
    return _zone(country, region, city) if region else None


@lru_cache(maxsize=16_384)
def _zone(country: str, region: str, city: str | None) -> str | None:
    named, hint = _named(fold(region))
    towns, known = _towns(country), _zones(country)
    for name in (named, _TITLES.sub("", named, count=1)):
        for town in (hint, fold(city) if city else ""):
            if zone := towns.get((name, town)):
                return zone
        if zone := known.get(name):
            return zone
    return None


def _named(region: str) -> tuple[str, str]:
    read = _HINTED.fullmatch(region)
    return (read[1], read[2]) if read else (region, "")


def canonical(zone: str) -> str:
    """The name in use of a zone that may be given by an old one."""
    return _RENAMED.get(zone, zone)


def country_of(zone: str) -> str | None:
    """The country (ISO 3166 alpha-2) that a zone lies in, by our regions and CLDR; none when it says nothing, such as UTC."""
    named = canonical(zone)
    ours = next((country for country, regions in _REGIONS.items() if named in regions), None)
    found: str | None = ours or get_global("zone_territories").get(get_global("zone_aliases").get(named, named))
    return found if found in COUNTRIES else None


@lru_cache
def _zones(country: str) -> dict[str, str]:
    return {name: zone for zone, names in _REGIONS.get(country, {}).items() for name in names.split("|")}


@lru_cache
def _towns(country: str) -> dict[tuple[str, str], str]:
    return {
        (region, town): zone
        for regions, zones in _TOWNS.get(country, {}).items()
        for zone, towns in zones.items()
        for region in regions.split("|")
        for town in towns.split("|")
    }
