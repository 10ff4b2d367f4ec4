"""API keys: shown once, hashed at rest, limited to scopes, useless once revoked."""

from datetime import UTC, datetime

import pytest

from almoner.intake.keys import create_key, key_ring, list_keys, revoke_key
from almoner.intake.problem import Problem
from almoner.ledger import connect, schema

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def db(database_url):
    db = connect(database_url)
    schema.create(db)
    yield db
    db.close()


def refusal(db, authorization, scope="read"):
    with pytest.raises(Problem) as caught:
        key_ring(db).authorise(authorization, scope)
    return caught.value.status, caught.value.code


def test_a_key_opens_what_its_scopes_say(db):
    token = create_key(db, "till", ["events:write"], NOW)
    assert key_ring(db).authorise(f"Bearer {token}", "events:write").name == "till"
    assert key_ring(db).authorise(f"bearer  {token} ", "events:write").name == "till"
    assert refusal(db, f"Bearer {token}", "read") == (403, "missing-scope")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "alm_abc"])
def test_without_a_bearer_key_one_is_asked_for(db, header):
    assert refusal(db, header) == (401, "no-key")


def test_a_revoked_or_mistyped_key_opens_nothing(db):
    token = create_key(db, "till", ["read"], NOW)
    assert refusal(db, f"Bearer {token[:-1]}") == (401, "unknown-key")
    assert refusal(db, f"Bearer {token.upper()}") == (401, "unknown-key")
    revoke_key(db, list_keys(db)[0].id, NOW)
    assert refusal(db, f"Bearer {token}") == (401, "unknown-key")
    assert list_keys(db)[0].revoked_at is not None


def test_the_keys_text_is_nowhere_in_the_database(tmp_path):
    path = tmp_path / "ledger.db"
    db = connect(path)
    schema.create(db)
    token = create_key(db, "till", ["read"], NOW)
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    kept = path.read_bytes()
    assert b"till" in kept
    assert token.encode() not in kept
    assert token.removeprefix("alm_").encode() not in kept


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101])
def test_a_name_that_could_be_no_source_is_refused(db, name):
    with pytest.raises(ValueError, match="printable"):
        create_key(db, name, ["read"], NOW)


def test_unknown_scopes_and_a_second_key_of_one_name_are_refused(db):
    with pytest.raises(ValueError, match="scopes"):
        create_key(db, "till", ["everything"], NOW)
    create_key(db, "till", ["read"], NOW)
    with pytest.raises(ValueError, match="already"):
        create_key(db, "till", ["read"], NOW)
    assert len(list_keys(db)) == 1


def test_a_slash_would_let_one_key_be_taken_for_another_with_a_source(db):
    with pytest.raises(ValueError, match="slash"):
        create_key(db, "till/kiosk", ["read"], NOW)
