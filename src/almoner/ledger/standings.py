"""What campaigns gave so far, and what was used of their limits, as one append sees it."""

from collections.abc import Sequence
from fractions import Fraction

from almoner.campaigns.given import Scope, after
from almoner.campaigns.model import Pledge, Standing
from almoner.ledger.database import Database


class Standings:
    """Read when they are first asked for, written once. Lives inside one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._standings: dict[tuple[str, str], Standing] = {}
        self._uses: dict[str, Fraction] = {}
        self._touched: set[tuple[str, str]] = set()
        self._used: set[str] = set()

    def get(self, campaign: str, charity: str) -> Standing:
        """Where a campaign stands with one charity."""
        found = self._standings.get((campaign, charity))
        if found is None:
            found = read_standing(self._db, campaign, charity)
            self._standings[campaign, charity] = found
        return found

    def used(self, key: str) -> Fraction:
        """Exact minor units given under a scope."""
        found = self._uses.get(key)
        if found is None:
            row = self._db.row("SELECT due, parts FROM ledger_use WHERE scope = ?", (key,))
            found = self._uses[key] = Fraction(int(row[0]), int(row[1])) if row else Fraction(0)
        return found

    def add(self, made: Pledge, scopes: Sequence[Scope]) -> tuple[int, int]:
        """Take note of a pledge; whole minor units by which promised and matured grew."""
        before = self.get(made.campaign, made.charity)
        standing = after(before, made)
        self._standings[made.campaign, made.charity] = standing
        self._touched.add((made.campaign, made.charity))
        for scope in scopes:
            if scope.key:
                share = Fraction(made.granted, made.parts)
                self._uses[scope.key] = self.used(scope.key) + share
                self._used.add(scope.key)
        return standing.posted - before.posted, standing.ripe - before.ripe

    def mature(self, campaign: str, charity: str, share: Fraction) -> int:
        """Take note of what leaves its return window; whole minor units by which it grew."""
        standing = self.get(campaign, charity)
        matured = standing.matured + int(share * standing.parts)
        assert matured <= standing.due, f"{campaign}: {matured} of {standing} would be matured"
        after = Standing(standing.due, standing.parts, matured)
        self._standings[campaign, charity] = after
        self._touched.add((campaign, charity))
        return after.ripe - standing.ripe

    def write(self) -> None:
        """Write what changed."""
        self._db.run_many(
            "INSERT INTO ledger_standing (campaign, charity, due, parts, matured) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (campaign, charity) DO UPDATE SET "
            "due = excluded.due, parts = excluded.parts, matured = excluded.matured",
            [
                (*at, str(standing.due), str(standing.parts), str(standing.matured))
                for at in self._touched
                for standing in (self._standings[at],)
            ],
        )
        self._db.run_many(
            "INSERT INTO ledger_use (scope, due, parts) VALUES (?, ?, ?) "
            "ON CONFLICT (scope) DO UPDATE SET due = excluded.due, parts = excluded.parts",
            [
                (key, str(used.numerator), str(used.denominator))
                for key in self._used
                for used in (self._uses[key],)
            ],
        )


def read_standing(db: Database, campaign: str, charity: str) -> Standing:
    """Where a campaign stands with one charity now."""
    row = db.row(
        "SELECT due, parts, matured FROM ledger_standing WHERE campaign = ? AND charity = ?",
        (campaign, charity),
    )
    return Standing(int(row[0]), int(row[1]), int(row[2])) if row else Standing()
