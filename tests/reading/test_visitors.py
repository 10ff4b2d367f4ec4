"""A visitor is known for a day and then by nobody; no address is kept at any time."""

import secrets
from pathlib import Path

import pytest

from almoner.ledger import Database, Ledger, connect
from almoner.reading import schema, visitors
from almoner.reading.visitors import network, tag_of

SALT, OTHER = secrets.token_bytes(32), secrets.token_bytes(32)


def test_one_visitor_has_one_tag_a_story_and_a_day() -> None:
    tag = tag_of(SALT, "192.0.2.7", "Firefox", 41)
    assert tag == tag_of(SALT, "192.0.2.7", "Firefox", 41)
    others = {
        tag_of(OTHER, "192.0.2.7", "Firefox", 41),
        tag_of(SALT, "192.0.2.8", "Firefox", 41),
        tag_of(SALT, "192.0.2.7", "Safari", 41),
        tag_of(SALT, "192.0.2.7", "Firefox", 42),
    }
    assert len(others - {tag}) == 4
    assert -(2**63) <= tag < 2**63


@pytest.mark.parametrize(
    ("address", "counts"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb:cccc::9", "2001:db8:1:2::"),
        ("a socket", "a socket"),
    ],
)
def test_of_an_address_the_network_counts(address: str, counts: str) -> None:
    assert network(address) == counts


def test_the_first_salt_of_a_day_stays_whoever_comes_after(library: Ledger) -> None:
    assert visitors.open_day(library.db, 20_000, SALT) == SALT
    assert visitors.open_day(library.db, 20_000, OTHER) == SALT
    assert visitors.salts(library.db) == {20_000: SALT}


def left(db: Database) -> tuple[int, ...]:
    return tuple(
        db.row(f"SELECT COUNT(*) FROM {table}")[0] for table in ("reading_salt", "reading_visitor")
    )


def test_yesterdays_salt_and_tags_are_destroyed_and_todays_stay(library: Ledger) -> None:
    db = library.db
    for day in (20_000, 20_001):
        visitors.open_day(db, day, secrets.token_bytes(32))
        visitors.note(db, [(day, tag) for tag in range(300)])
    assert visitors.is_due(db, 20_001)

    visitors.forget(db, 20_001)

    assert left(db) == (1, 300)
    assert set(visitors.salts(db)) == {20_001}
    assert not visitors.is_due(db, 20_001)


def test_a_destroyed_salt_is_in_no_file_of_the_database(tmp_path: Path) -> None:
    db = connect(tmp_path / "almoner.db")
    schema.create(db)
    visitors.open_day(db, 20_000, SALT)
    assert any(SALT in file.read_bytes() for file in tmp_path.iterdir())

    visitors.forget(db, 20_001)

    assert not any(SALT in file.read_bytes() for file in tmp_path.iterdir())
    db.close()


def test_a_million_tags_are_deleted_a_slice_at_a_time(
    library: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "SLICE", 7)
    visitors.note(library.db, [(20_000, tag) for tag in range(50)])
    visitors.forget(library.db, 20_001)
    assert left(library.db) == (0, 0)
