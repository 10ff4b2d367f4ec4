"""What changed from one version of a campaign to the next, in words."""

from collections.abc import Callable

from almoner.campaigns.model import CampaignVersion, rational
from almoner.giving import sentences
from almoner.giving.wording import amount, days, every, exact_money, number_of_days, place_names

Words = Callable[[CampaignVersion, str], str]


def changes(before: CampaignVersion, after: CampaignVersion, kind: str) -> list[str]:
    """Each term that changed: `At most: 60,000 meals, before 50,000 meals`."""
    found: list[str] = []
    for label, words in _TERMS.items():
        now, then = words(after, kind), words(before, kind)
        if now != then:
            found.append(f"{label}: {now or 'none'}, before {then or 'none'}")
    return found


def _limit(name: str) -> Words:
    def words(version: CampaignVersion, kind: str) -> str:
        minor = getattr(version, name)
        return "" if minor is None else amount(minor, version.unit, kind, version.scale)

    return words


def _names(name: str) -> Words:
    return lambda version, kind: every(getattr(version, name)) if getattr(version, name) else ""


def _places(name: str) -> Words:
    def words(version: CampaignVersion, kind: str) -> str:
        found = getattr(version, name)
        return place_names(found) if found else ""

    return words


def _days(name: str) -> Words:
    def words(version: CampaignVersion, kind: str) -> str:
        found = getattr(version, name)
        return number_of_days(found) if found else ""

    return words


def _steps(version: CampaignVersion, kind: str) -> str:
    given = [
        f"{sentences.threshold(version, tier.at)}: {sentences.given(version, tier.rate, kind)}"
        for tier in version.tiers
    ]
    return every(given) if given else ""


def _price(version: CampaignVersion, kind: str) -> str:
    return exact_money(rational(version.price), version.currency) if version.price else ""


def _group(version: CampaignVersion, kind: str) -> str:
    return f"“{version.group}”, place {version.rank}" if version.group else ""


_TERMS: dict[str, Words] = {
    "Gives": lambda version, kind: sentences.given(version, version.rate, kind),
    "Steps": _steps,
    "Price": _price,
    "Counts": lambda version, kind: days(version),
    "Only these products": _names("products"),
    "Only from these collections": _names("collections"),
    "Only what is tagged": _names("tags"),
    "Sales": lambda version, kind: sentences.basis(version),
    "Only in": _places("countries"),
    "Not in": _places("excluded"),
    "At least": _limit("minimum"),
    "At most": _limit("cap"),
    "At most a day": _limit("daily_cap"),
    "At most a person": _limit("reader_cap"),
    "At most for the sponsor": _limit("sponsor_cap"),
    "What does not fit": lambda version, kind: (
        "gives what fits" if version.partial else "gives nothing"
    ),
    "Paid by": lambda version, kind: version.sponsor,
    "From the fund": lambda version, kind: "yes" if version.fund else "no",
    "Counted for good after": _days("hold_days"),
    "Delivered within": _days("deliver_days"),
    "Group": _group,
}
