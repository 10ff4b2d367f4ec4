"""Connections: made once, each with a secret that is no other's, paused, exchanged."""

from datetime import UTC, datetime, timedelta

import pytest

from almoner.intake import connections, tables
from almoner.intake.connections import OVERLAP, add, exchange, pause, read_connections, resume
from almoner.ledger import connect, schema

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CONFIGURED = {"shopify": {"demo": "the-files-own-secret"}}


@pytest.fixture
def db(database_url):
    db = connect(database_url)
    schema.create(db)
    tables.create(db)
    yield db
    db.close()


def revision(db):
    return db.row("SELECT revision FROM ledger_head")[0]


def test_tables_are_made_once_however_often_they_are_asked_for(db):
    add(db, "shopify", "bowls", "secret-of-bowls", NOW)
    tables.create(db)
    tables.check(db)
    assert [each.name for each in read_connections(db).known.values()] == ["bowls"]


def test_every_change_makes_running_servers_look(db):
    seen = [revision(db)]
    for change in (
        lambda: add(db, "woocommerce", "bowls", "secret-of-bowls", NOW),
        lambda: pause(db, "woocommerce", "bowls", NOW),
        lambda: resume(db, "woocommerce", "bowls"),
        lambda: exchange(db, "woocommerce", "bowls", "another-secret", NOW),
    ):
        change()
        seen.append(revision(db))
    assert seen == sorted(set(seen))


def test_a_connection_is_found_by_its_kind_and_name(db):
    made = add(db, "stripe", "till", "whsec_abcdefgh", NOW, options={"note": "x"})
    found = read_connections(db).find("stripe", "till")
    assert found == made
    assert found.source == "stripe:till"
    assert "whsec_" not in repr(found)
    assert read_connections(db).find("shopify", "till") is None


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a/b", "a\n", "é", "x" * 64])
def test_a_name_that_could_be_no_address_is_refused(db, name):
    with pytest.raises(ValueError, match="a-z, 0-9"):
        add(db, "shopify", name, "secret-of-bowls", NOW)


@pytest.mark.parametrize("secret", ["", "short", "x" * 201, "sécrètement", "with\nbreak"])
def test_a_secret_that_is_none_is_refused(db, secret):
    with pytest.raises(ValueError, match="the secret"):
        add(db, "shopify", "bowls", secret, NOW)


def test_two_of_a_kind_never_share_a_name_or_a_secret(db):
    add(db, "shopify", "bowls", "secret-of-bowls", NOW)
    with pytest.raises(ValueError, match="already"):
        add(db, "shopify", "bowls", "another-secret", NOW)
    with pytest.raises(ValueError, match="'bowls' has the same secret"):
        add(db, "shopify", "cups", "secret-of-bowls", NOW)
    add(db, "woocommerce", "bowls", "secret-of-bowls", NOW)


def test_what_the_settings_file_names_is_fixed_and_comes_first(db):
    add(db, "shopify", "demo", "somebody-elses", NOW)
    found = read_connections(db, CONFIGURED).find("shopify", "demo")
    assert (found.secret, found.fixed) == ("the-files-own-secret", True)
    with pytest.raises(ValueError, match="already"):
        add(db, "shopify", "demo", "another-secret", NOW, configured=CONFIGURED)
    with pytest.raises(ValueError, match="same secret"):
        add(db, "shopify", "cups", "the-files-own-secret", NOW, configured=CONFIGURED)
    with pytest.raises(ValueError, match="not one that the admin can change"):
        exchange(db, "shopify", "demo", "another-secret", NOW, configured=CONFIGURED)


def test_after_an_exchange_the_old_secret_is_good_for_a_day(db):
    add(db, "shopify", "bowls", "secret-of-bowls", NOW)
    add(db, "shopify", "cups", "secret-of-cups", NOW)
    exchange(db, "shopify", "bowls", "new-secret-of-bowls", NOW)
    known = read_connections(db)
    new = {"bowls": "new-secret-of-bowls", "cups": "secret-of-cups"}
    during, after = NOW + OVERLAP - timedelta(seconds=1), NOW + OVERLAP
    assert known.secrets("shopify", "", during) == [new, {"bowls": "secret-of-bowls"}]
    assert known.secrets("shopify", "cups", during) == [{"cups": "secret-of-cups"}]
    assert known.secrets("shopify", "", after) == [new]
    assert known.secrets("stripe", "", after) == [{}]


def test_an_old_secret_can_be_no_other_connections_meanwhile(db):
    add(db, "shopify", "bowls", "secret-of-bowls", NOW)
    exchange(db, "shopify", "bowls", "new-secret-of-bowls", NOW)
    with pytest.raises(ValueError, match="same secret"):
        add(db, "shopify", "cups", "secret-of-bowls", NOW)


def test_an_exchange_for_the_same_secret_is_refused(db):
    add(db, "shopify", "bowls", "secret-of-bowls", NOW)
    with pytest.raises(ValueError, match="already"):
        exchange(db, "shopify", "bowls", "secret-of-bowls", NOW)


def test_a_paused_connection_says_since_when_until_it_is_resumed(db):
    add(db, "shopify", "bowls", "secret-of-bowls", NOW)
    pause(db, "shopify", "bowls", NOW)
    assert read_connections(db).find("shopify", "bowls").paused_at.startswith("2026-06-01T")
    resume(db, "shopify", "bowls")
    assert read_connections(db).find("shopify", "bowls").paused_at is None
    with pytest.raises(ValueError, match="not one"):
        pause(db, "shopify", "nobody", NOW)


def test_a_kind_has_a_bounded_number_of_connections(db, monkeypatch):
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    add(db, "shopify", "a", "secret-of-a", NOW)
    add(db, "shopify", "b", "secret-of-b", NOW)
    with pytest.raises(ValueError, match="more are not kept"):
        add(db, "shopify", "c", "secret-of-c", NOW)


def test_secrets_that_are_made_here_are_long_and_never_the_same():
    made = {connections.make_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(each) for each in made} == {64}
