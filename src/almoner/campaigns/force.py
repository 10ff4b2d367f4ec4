"""Which campaign versions an event falls under, found by index and not by going through all.

A campaign is looked up by what an event must have for it: one of its products, else one of
its collections, else one of its tags, else nothing but its trigger. So an order is held
against the campaigns it can match and no others, however many there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from almoner.campaigns.model import Action, CampaignVersion, Manual, Occasion, Order

_NONE: frozenset[str] = frozenset()
_LINES = {"product": ("order", "item", "revenue"), "gift": ("gift",), "round-up": ("round-up",)}


def in_force(versions: Sequence[CampaignVersion], when: datetime) -> CampaignVersion | None:
    """The version of one campaign (given in ascending order) that an event falls under."""
    chosen = None
    for version in versions:
        if version.effective_from <= when:
            chosen = version
    if chosen is None or when < chosen.starts_at:
        return None
    return chosen if chosen.ends_at is None or when < chosen.ends_at else None


class Index:
    """Every published version, by what an event must have to fall under it."""

    def __init__(self, campaigns: Mapping[str, Sequence[CampaignVersion]]) -> None:
        self.campaigns = campaigns
        self._matching: defaultdict[str, list[str]] = defaultdict(list)
        self._by: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
        for slug, versions in campaigns.items():
            for version in versions:
                if version.trigger == "match":
                    self._matching[version.matches].append(slug)
                for name in _names(version):
                    self._by[version.trigger, *name].add(slug)

    def covering(self, body: Occasion, when: datetime) -> list[CampaignVersion]:
        """The versions that an event at `when` falls under, in the order they are run.

        By rank, then by name; a match comes after everything that it could match.
        """
        return self.with_matches(self._found(body), when)

    def with_matches(self, slugs: Iterable[str], when: datetime) -> list[CampaignVersion]:
        """The versions of these campaigns in force at `when`, then those of their matches."""
        first = self._in_force(set(slugs), when)
        matching = {each for version in first for each in self._matching.get(version.campaign, ())}
        return first + self._in_force(matching, when) if matching else first

    def _in_force(self, slugs: set[str], when: datetime) -> list[CampaignVersion]:
        found = [version for slug in slugs if (version := in_force(self.campaigns[slug], when))]
        return sorted(found, key=lambda version: (version.rank, version.campaign))

    def _found(self, body: Occasion) -> Iterable[str]:
        if isinstance(body, Manual):
            return (body.campaign,) if body.campaign in self.campaigns else ()
        by = self._by
        found: set[str] = set()
        for trigger in _triggers(body):
            found |= by.get((trigger, "", ""), _NONE)
            for tag in body.tags:
                found |= by.get((trigger, "tag", tag), _NONE)
            if isinstance(body, Order):
                for line in body.lines:
                    for name in (line.product, line.sku):
                        found |= by.get((trigger, "product", name), _NONE)
                    for name in line.collections:
                        found |= by.get((trigger, "collection", name), _NONE)
        return found


def _triggers(body: Order | Action) -> Iterable[str]:
    if isinstance(body, Action):
        return (body.kind,)
    kinds = {line.kind for line in body.lines}
    return [trigger for kind in kinds for trigger in _LINES.get(kind, ())]


def _names(version: CampaignVersion) -> Iterable[tuple[str, str]]:
    if version.products:
        return [("product", name) for name in version.products]
    if version.collections:
        return [("collection", name) for name in version.collections]
    return [("tag", name) for name in version.tags] or [("", "")]
