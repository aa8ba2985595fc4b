"""Countries and their capitals: enough geography to recognise a place and to answer the usual question."""

from __future__ import annotations

CAPITALS = {
    "Argentina": "Buenos Aires",
    "Australia": "Canberra",
    "Austria": "Vienna",
    "Belgium": "Brussels",
    "Brazil": "Brasília",
    "Canada": "Ottawa",
    "Chile": "Santiago",
    "China": "Beijing",
    "Colombia": "Bogotá",
    "Croatia": "Zagreb",
    "Cuba": "Havana",
    "Czechia": "Prague",
    "Denmark": "Copenhagen",
    "Egypt": "Cairo",
    "England": "London",
    "Ethiopia": "Addis Ababa",
    "Finland": "Helsinki",
    "France": "Paris",
    "Germany": "Berlin",
    "Ghana": "Accra",
    "Greece": "Athens",
    "Hungary": "Budapest",
    "Iceland": "Reykjavik",
    "India": "New Delhi",
    "Indonesia": "Jakarta",
    "Ireland": "Dublin",
    "Israel": "Jerusalem",
    "Italy": "Rome",
    "Japan": "Tokyo",
    "Kenya": "Nairobi",
    "Malaysia": "Kuala Lumpur",
    "Mexico": "Mexico City",
    "Morocco": "Rabat",
    "Netherlands": "Amsterdam",
    "New Zealand": "Wellington",
    "Nigeria": "Abuja",
    "Norway": "Oslo",
    "Peru": "Lima",
    "Philippines": "Manila",
    "Poland": "Warsaw",
    "Portugal": "Lisbon",
    "Romania": "Bucharest",
    "Russia": "Moscow",
    "Saudi Arabia": "Riyadh",
    "Senegal": "Dakar",
    "Serbia": "Belgrade",
    "Singapore": "Singapore",
    "South Africa": "Pretoria",
    "South Korea": "Seoul",
    "Spain": "Madrid",
    "Sweden": "Stockholm",
    "Switzerland": "Bern",
    "Thailand": "Bangkok",
    "Turkey": "Ankara",
    "Uganda": "Kampala",
    "Ukraine": "Kyiv",
    "United Kingdom": "London",
    "United States": "Washington, D.C.",
    "Uruguay": "Montevideo",
    "Vietnam": "Hanoi",
}
CITIES = frozenset(CAPITALS.values()) | frozenset(
    "Austin|Barcelona|Boston|Chicago|Cologne|Dallas|Delhi|Denver|Dubai|Edinburgh|Florence|Frankfurt|Geneva|Hamburg|"
    "Hong Kong|Istanbul|Johannesburg|Karachi|Kyoto|Lagos|Las Vegas|Los Angeles|Lyon|Manchester|Marseille|Melbourne|"
    "Miami|Milan|Montreal|Mumbai|Munich|Naples|New York|Osaka|Porto|San Francisco|San Diego|São Paulo|Seattle|"
    "Seville|Shanghai|Shenzhen|Sydney|Tel Aviv|Toronto|Valencia|Vancouver|Venice|Washington|Zurich|Zürich".split("|")
)
_BY_LOWER = {country.lower(): country for country in CAPITALS}


def capital_of(country: str) -> tuple[str, str] | None:
    """(country, capital) for a country's name in any case, or None."""
    name = _BY_LOWER.get(country.lower().removeprefix("the "))
    return (name, CAPITALS[name]) if name else None
