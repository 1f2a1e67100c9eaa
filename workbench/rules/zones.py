"""The time zone of an address, where its region decides it.

Only countries of several zones are listed; the regions' zones are those of the IANA database (zone1970.tab and its
notes, release 2025b). Anything else is unknown, and the phone or the portfolio decides.
"""

from functools import lru_cache

from workbench.rules.names import fold

_REGIONS: dict[str, dict[str, str]] = {
    "MX": {
        "America/Tijuana": "baja california|baja california norte|bc|b.c.|bcn",
        "America/Mazatlan": "baja california sur|bcs|b.c.s.|sinaloa|sin|nayarit|nay",
        "America/Hermosillo": "sonora|son",
        "America/Chihuahua": "chihuahua|chih",
        "America/Cancun": "quintana roo|q roo|q. roo|qroo",
        "America/Merida": "yucatan|yuc|campeche|camp",
        "America/Monterrey": "nuevo leon|nl|n.l.|coahuila|coahuila de zaragoza|coah|tamaulipas|tamps|durango|dgo",
        "America/Mexico_City": "aguascalientes|ags|ciudad de mexico|cdmx|distrito federal|df|d.f.|chiapas|chis|colima|col"
        "|estado de mexico|edomex|mexico|guanajuato|gto|guerrero|gro|hidalgo|hgo|jalisco|jal|michoacan"
        "|michoacan de ocampo|mich|morelos|mor|oaxaca|oax|puebla|pue|queretaro|qro|san luis potosi|slp|s.l.p."
        "|tabasco|tab|tlaxcala|tlax|veracruz|veracruz de ignacio de la llave|ver|zacatecas|zac",
    },
    "CL": {
        "America/Punta_Arenas": "magallanes|magallanes y de la antartica chilena|region de magallanes|xii",
        "America/Coyhaique": "aysen|aisen|region de aysen|aysen del general carlos ibanez del campo|xi",
        "America/Santiago": "arica y parinacota|tarapaca|antofagasta|atacama|coquimbo|valparaiso|metropolitana"
        "|region metropolitana|rm|metropolitana de santiago|region metropolitana de santiago|santiago|ohiggins|o'higgins"
        "|maule|nuble|biobio|bio bio|araucania|la araucania|los rios|los lagos",
    },
    "EC": {
        "Pacific/Galapagos": "galapagos",
        "America/Guayaquil": "azuay|bolivar|canar|carchi|chimborazo|cotopaxi|el oro|esmeraldas|guayas|imbabura|loja"
        "|los rios|manabi|morona santiago|napo|orellana|pastaza|pichincha|santa elena"
        "|santo domingo de los tsachilas|sucumbios|tungurahua|zamora chinchipe",
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
        "America/Maceio": "alagoas|al|sergipe|se",
        "America/Belem": "para|pa|amapa|ap",
        "America/Araguaina": "tocantins|to",
    },
}


def zone_of_region(country: str, region: str | None) -> str | None:
    """The IANA zone of a region (state, province) of a country (ISO 3166 alpha-2); none when the region does not say."""
    return _zones(country).get(fold(region)) if region else None


@lru_cache
def _zones(country: str) -> dict[str, str]:
    return {name: zone for zone, names in _REGIONS.get(country, {}).items() for name in names.split("|")}
