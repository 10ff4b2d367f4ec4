"""The accounts that one append touches, and what it changes of them.

Invariants asserted here: each movement has two sides of one unit, so every unit's balances
sum to zero; no account but `external` is below zero once the append is done.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from almoner.campaigns.model import CampaignVersion
from almoner.ledger.database import Database
from almoner.ledger.event import Posting

EXTERNAL = "external"
# What transfers may bring an account to: half of a signed 64-bit column, so that the pledges
# of five hundred campaigns, each at most units.MAX_MINOR, still fit on top.
MAX_BALANCE = 2**62
# Accounts that a batch's transfers name are read together, up to so many (SQLite takes 32,766
# values a statement); any others one by one.
MAX_LOOKED_UP = 10_000


@dataclass(slots=True)
class Account:
    """A balance during the append."""

    id: int
    path: str
    unit: str
    scale: int
    balance: int
    new: bool
    change: int = 0
    used: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """The accounts that a promise to one charity travels through."""

    payer: Account
    held: str
    owed: Account


class Accounts:
    """Read when they are first asked for, written once. Lives inside one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts: dict[tuple[str, str], Account] = {}
        self._ways: dict[tuple[str, int, str], Way] = {}
        self._next: int | None = None

    def load(self, paths: Iterable[str]) -> None:
        """Read accounts that will be asked for, all at once."""
        for number, path, unit, scale, balance in self._db.rows_in(
            "SELECT id, path, unit, scale, balance FROM ledger_account WHERE path IN ?",
            list(set(paths))[:MAX_LOOKED_UP],
        ):
            self._accounts[path, unit] = Account(number, path, unit, scale, balance, new=False)

    def get(self, path: str, unit: str, scale: int) -> Account:
        """The account as it stands now; opened where it is new."""
        found = self._accounts.get((path, unit))
        if found is None:
            row = self._db.row(
                "SELECT id, scale, balance FROM ledger_account WHERE path = ? AND unit = ?",
                (path, unit),
            )
            if row is None:
                found = Account(self._new_id(), path, unit, scale, 0, new=True)
            else:
                found = Account(row[0], path, unit, row[1], row[2], new=False)
            self._accounts[path, unit] = found
        assert found.scale == scale, f"{path} counts {unit} at scale {found.scale}, not {scale}"
        return found

    def way(self, version: CampaignVersion, charity: str) -> Way:
        """Who pays a version's pledges to a charity, where they are held and owed."""
        at = version.campaign, version.version, charity
        found = self._ways.get(at)
        if found is None:
            unit, scale, cause = version.unit, version.scale, version.cause
            found = self._ways[at] = Way(
                self.get(version.fund or EXTERNAL, unit, scale),
                f"campaign/{version.campaign}/held/{cause}/{charity}",
                self.get(f"charity/{charity}/owed/{cause}/{version.campaign}", unit, scale),
            )
        return found

    def moves(
        self, version: CampaignVersion, charity: str, due: int, ripe: int
    ) -> list[tuple[Account, Account, int]]:
        """How a promise travels whose exact total grew by `due` and what matured by `ripe`.

        Growth goes from the payer by way of the held account to the owed one, a refund back;
        what is both promised and ripe at once passes the held account by.
        """
        way = self.way(version, charity)
        if due == ripe:
            steps = [(way.payer, way.owed, due)]
        else:
            held = self.get(way.held, version.unit, version.scale)
            steps = [(way.payer, held, due), (held, way.owed, ripe)]
            if due < 0 or ripe < 0:
                steps.reverse()
        return [
            (debit, credit, minor) if minor > 0 else (credit, debit, -minor)
            for debit, credit, minor in steps
            if minor
        ]

    @staticmethod
    def shift(debit: Account, credit: Account, minor: int) -> None:
        """Move minor units from one account to another."""
        assert minor > 0, f"{minor} from {debit.path} to {credit.path}"
        debit.balance -= minor
        debit.change -= minor
        credit.balance += minor
        credit.change += minor
        debit.used = credit.used = True

    def objection(self, postings: Sequence[Posting]) -> str:
        """Which account these postings would bring below zero or past its bound, or ""."""
        after: dict[tuple[str, str], int] = {}
        for posting in postings:
            unit = posting.amount.unit
            for path, minor in (
                (posting.debit, -posting.amount.minor),
                (posting.credit, posting.amount.minor),
            ):
                account = self.get(path, unit.code, unit.scale)
                after[path, unit.code] = after.get((path, unit.code), account.balance) + minor
        for (path, _), minor in after.items():
            if minor < 0 and path != EXTERNAL:
                return f"{path} would go below zero"
            if abs(minor) > MAX_BALANCE:
                return f"{path} cannot hold more"
        return ""

    def write(self, day: str) -> None:
        """Write what changed, and add it to the day it is of."""
        accounts = [account for account in self._accounts.values() if account.used]
        _assert_sound(accounts)
        self._db.insert(
            "ledger_account",
            "id, path, unit, scale, balance",
            [(a.id, a.path, a.unit, a.scale, a.balance) for a in accounts if a.new],
        )
        changed = [account for account in accounts if account.change]
        self._db.run_many(
            "UPDATE ledger_account SET balance = ? WHERE id = ?",
            [(account.balance, account.id) for account in changed if not account.new],
        )
        self._db.run_many(
            "INSERT INTO ledger_day (account, day, change) VALUES (?, ?, ?) "
            "ON CONFLICT (account, day) DO UPDATE SET change = ledger_day.change + excluded.change",
            [(account.id, day, account.change) for account in changed],
        )

    def _new_id(self) -> int:
        if self._next is None:
            row = self._db.row("SELECT COALESCE(MAX(id), 0) FROM ledger_account")
            assert row is not None
            self._next = int(row[0])
        self._next += 1
        return self._next


def _assert_sound(accounts: Sequence[Account]) -> None:
    sums: dict[str, int] = {}
    for account in accounts:
        sums[account.unit] = sums.get(account.unit, 0) + account.change
        assert account.balance >= 0 or account.path == EXTERNAL, (
            f"{account.path} would hold {account.balance} {account.unit}"
        )
    assert not any(sums.values()), f"unbalanced: {sums}"
