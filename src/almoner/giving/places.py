"""Countries and the parts of the United States, by code, as a sentence names them.

Codes are those of ISO 3166-1 alpha-2 (2026). Parts of a country are ISO 3166-2: their form is
checked, not whether they exist, because countries redraw them; only the states of the United
States, where the law asks for them most, are named.
"""

import re

_COUNTRIES = """
AD Andorra; AE the United Arab Emirates; AF Afghanistan; AG Antigua and Barbuda; AI Anguilla;
AL Albania; AM Armenia; AO Angola; AQ Antarctica; AR Argentina; AS American Samoa; AT Austria;
AU Australia; AW Aruba; AX the Åland Islands; AZ Azerbaijan; BA Bosnia and Herzegovina;
BB Barbados; BD Bangladesh; BE Belgium; BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi;
BJ Benin; BL Saint Barthélemy; BM Bermuda; BN Brunei; BO Bolivia; BQ the Caribbean Netherlands;
BR Brazil; BS the Bahamas; BT Bhutan; BV Bouvet Island; BW Botswana; BY Belarus; BZ Belize;
CA Canada; CC the Cocos Islands; CD the Democratic Republic of the Congo;
CF the Central African Republic; CG the Republic of the Congo; CH Switzerland; CI Côte d’Ivoire;
CK the Cook Islands; CL Chile; CM Cameroon; CN China; CO Colombia; CR Costa Rica; CU Cuba;
CV Cabo Verde; CW Curaçao; CX Christmas Island; CY Cyprus; CZ Czechia; DE Germany; DJ Djibouti;
DK Denmark; DM Dominica; DO the Dominican Republic; DZ Algeria; EC Ecuador; EE Estonia;
EG Egypt; EH Western Sahara; ER Eritrea; ES Spain; ET Ethiopia; FI Finland; FJ Fiji;
FK the Falkland Islands; FM Micronesia; FO the Faroe Islands; FR France; GA Gabon;
GB the United Kingdom; GD Grenada; GE Georgia; GF French Guiana; GG Guernsey; GH Ghana;
GI Gibraltar; GL Greenland; GM the Gambia; GN Guinea; GP Guadeloupe; GQ Equatorial Guinea;
GR Greece; GS South Georgia and the South Sandwich Islands; GT Guatemala; GU Guam;
GW Guinea-Bissau; GY Guyana; HK Hong Kong; HM Heard Island and McDonald Islands; HN Honduras;
HR Croatia; HT Haiti; HU Hungary; ID Indonesia; IE Ireland; IL Israel; IM the Isle of Man;
IN India; IO the British Indian Ocean Territory; IQ Iraq; IR Iran; IS Iceland; IT Italy;
JE Jersey; JM Jamaica; JO Jordan; JP Japan; KE Kenya; KG Kyrgyzstan; KH Cambodia; KI Kiribati;
KM the Comoros; KN Saint Kitts and Nevis; KP North Korea; KR South Korea; KW Kuwait;
KY the Cayman Islands; KZ Kazakhstan; LA Laos; LB Lebanon; LC Saint Lucia; LI Liechtenstein;
LK Sri Lanka; LR Liberia; LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia; LY Libya;
MA Morocco; MC Monaco; MD Moldova; ME Montenegro; MF Saint Martin; MG Madagascar;
MH the Marshall Islands; MK North Macedonia; ML Mali; MM Myanmar; MN Mongolia; MO Macao;
MP the Northern Mariana Islands; MQ Martinique; MR Mauritania; MS Montserrat; MT Malta;
MU Mauritius; MV the Maldives; MW Malawi; MX Mexico; MY Malaysia; MZ Mozambique; NA Namibia;
NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria; NI Nicaragua; NL the Netherlands;
NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman; PA Panama; PE Peru;
PF French Polynesia; PG Papua New Guinea; PH the Philippines; PK Pakistan; PL Poland;
PM Saint Pierre and Miquelon; PN the Pitcairn Islands; PR Puerto Rico; PS Palestine;
PT Portugal; PW Palau; PY Paraguay; QA Qatar; RE Réunion; RO Romania; RS Serbia; RU Russia;
RW Rwanda; SA Saudi Arabia; SB the Solomon Islands; SC the Seychelles; SD Sudan; SE Sweden;
SG Singapore; SH Saint Helena; SI Slovenia; SJ Svalbard and Jan Mayen; SK Slovakia;
SL Sierra Leone; SM San Marino; SN Senegal; SO Somalia; SR Suriname; SS South Sudan;
ST São Tomé and Príncipe; SV El Salvador; SX Sint Maarten; SY Syria; SZ Eswatini;
TC the Turks and Caicos Islands; TD Chad; TF the French Southern Territories; TG Togo;
TH Thailand; TJ Tajikistan; TK Tokelau; TL Timor-Leste; TM Turkmenistan; TN Tunisia; TO Tonga;
TR Türkiye; TT Trinidad and Tobago; TV Tuvalu; TW Taiwan; TZ Tanzania; UA Ukraine; UG Uganda;
UM the United States Minor Outlying Islands; US the United States; UY Uruguay; UZ Uzbekistan;
VA Vatican City; VC Saint Vincent and the Grenadines; VE Venezuela;
VG the British Virgin Islands; VI the United States Virgin Islands; VN Vietnam; VU Vanuatu;
WF Wallis and Futuna; WS Samoa; YE Yemen; YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe
"""
_STATES = """
AL Alabama; AK Alaska; AZ Arizona; AR Arkansas; CA California; CO Colorado; CT Connecticut;
DE Delaware; DC the District of Columbia; FL Florida; GA the State of Georgia; HI Hawaii;
ID Idaho; IL Illinois; IN Indiana; IA Iowa; KS Kansas; KY Kentucky; LA Louisiana; ME Maine;
MD Maryland; MA Massachusetts; MI Michigan; MN Minnesota; MS Mississippi; MO Missouri;
MT Montana; NE Nebraska; NV Nevada; NH New Hampshire; NJ New Jersey; NM New Mexico;
NY New York State; NC North Carolina; ND North Dakota; OH Ohio; OK Oklahoma; OR Oregon;
PA Pennsylvania; RI Rhode Island; SC South Carolina; SD South Dakota; TN Tennessee; TX Texas;
UT Utah; VT Vermont; VA Virginia; WA Washington State; WV West Virginia; WI Wisconsin;
WY Wyoming
"""
# Parts of the United States that are countries of the list above too.
_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "UM", "VI"})
_PART = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")


def _read(table: str) -> dict[str, str]:
    pairs = (each.strip().split(" ", 1) for each in table.replace("\n", " ").split(";"))
    return {code: name for code, name in pairs}


COUNTRIES = _read(_COUNTRIES)
STATES = _read(_STATES)


def is_place(code: str) -> bool:
    """Whether this is a country's code or has the form of a part of one: `US`, `US-AL`."""
    part = _PART.fullmatch(code)
    if part is None:
        return code in COUNTRIES
    known = code[3:] in STATES or code[3:] in _TERRITORIES
    return part[1] in COUNTRIES and (part[1] != "US" or known)


def within(code: str, places: tuple[str, ...] | list[str]) -> bool:
    """Whether a place is one of `places` or a part of one."""
    return code in places or code.partition("-")[0] in places


def name(code: str) -> str:
    """A place as a sentence names it: `the United States`, `Alabama`, `DE-BY in Germany`."""
    country, _, part = code.partition("-")
    if not part:
        return COUNTRIES.get(code, code)
    if country == "US" and part in STATES:
        return STATES[part]
    if country == "US" and part in _TERRITORIES:
        return COUNTRIES[part]
    return f"{code} in {COUNTRIES.get(country, country)}"
