"""Whatever is damaged, fsck names it, says how to mend it, and mends what can be mended."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from almoner.log import checkpoint, merkle
from almoner.log.note import COSIGNATURE, Signer
from almoner.publication import keys
from almoner.publication.fsck import Finding, examine
from almoner.publication.stores import Directory
from tests.ledger.examples import take
from tests.publication.test_keys import said_by
from tests.publication.world import Reader, World
from tests.server import Server

ENTRIES = 300


def look(world: World, *, mend: bool = False) -> list[Finding]:
    """Everything that was found, all of it with what to do where it is wrong."""
    found = list(examine(world.settings, world.ledger.db, Directory(world.files), mend=mend))
    for each in found:
        assert bool(each.mend) == (each.level == "wrong"), each
        assert "\n" not in each.what + each.mend
    return found


def wrong(found: list[Finding]) -> list[tuple[str, str]]:
    """What is wrong, and how to mend it."""
    return [(each.what, each.mend) for each in found if each.level == "wrong"]


def mended(found: list[Finding]) -> list[str]:
    """What was mended."""
    return [each.what for each in found if each.level == "mended"]


@pytest.fixture
def published(world: World) -> World:
    """A log of three hundred entries, published in four portions."""
    for orders in (1, 250, 44, 5):
        world.append(orders)
        world.publish()
    return world


def test_a_whole_installation_is_fine(published: World) -> None:
    found = look(published)

    assert wrong(found) == []
    assert [each.what for each in found][2:] == [
        f"The checkpoint of {ENTRIES} entries is what the database makes",
        "All 5 tiles and bundles of the log are whole",
    ]


def test_what_was_appended_and_not_published_yet_is_no_fault(published: World) -> None:
    published.append(500)

    assert wrong(look(published)) == []


FILES = (
    "tile/0/000",
    "tile/0/001.p/44",
    "tile/1/000.p/1",
    "tile/entries/000",
    "tile/entries/001.p/44",
    "keys.json",
)


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_missing_is_named_and_written_anew(
    published: World, reader: Reader, path: str
) -> None:
    (published.files / path).unlink()

    assert wrong(look(published)) == [(f"{path} is missing", "almoner fsck --mend")]
    assert mended(look(published, mend=True)) == [f"{path} is missing"]
    assert wrong(look(published)) == []
    assert reader.look() is not None


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied"])
def test_a_file_that_was_altered_is_named_and_written_anew(
    published: World, reader: Reader, path: str, damage: str
) -> None:
    whole = (published.files / path).read_bytes()
    changed = {
        "flipped": bytes([whole[0] ^ 1]) + whole[1:],
        "cut": whole[:-1],
        "emptied": b"",
    }[damage]
    (published.files / path).write_bytes(changed)

    assert wrong(look(published)) == [(f"{path} was altered", "almoner fsck --mend")]
    assert mended(look(published, mend=True)) == [f"{path} was altered"]
    assert (published.files / path).read_bytes() == whole
    assert wrong(look(published)) == []
    assert reader.look() is not None


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\xff", "forged", "altered", "gone"])
def test_a_damaged_checkpoint_is_put_again_as_it_was_signed(
    published: World, reader: Reader, damage: bytes | str
) -> None:
    file = published.files / "checkpoint"
    whole = file.read_text()
    match damage:
        case "gone":
            file.unlink()
        case "forged":
            file.write_text(whole.rpartition(" ")[0] + " AAAAAAAAAAA=\n")
        case "altered":
            file.write_text(whole.replace(f"\n{ENTRIES}\n", "\n299\n"))
        case _:
            file.write_bytes(damage)  # type: ignore[arg-type]
    what = "There is no checkpoint" if damage == "gone" else "checkpoint cannot be used: "

    [(said, how)] = wrong(look(published))
    assert said.startswith(what)
    assert how == "almoner fsck --mend"
    assert mended(look(published, mend=True)) == [said]

    assert file.read_text() == whole
    assert wrong(look(published)) == []
    assert reader.look() is not None
    assert published.publish().size == ENTRIES


def test_while_a_server_publishes_no_checkpoint_is_put_under_it(published: World) -> None:
    publisher = published.publisher()
    publisher.publish()
    (published.files / "checkpoint").write_bytes(b"")

    [(_, how)] = wrong(look(published, mend=True))

    assert how == "Stop the server, then almoner fsck --mend"
    assert (published.files / "checkpoint").read_bytes() == b""


def test_with_a_quorum_the_witnesses_are_to_be_asked_again(published: World) -> None:
    key = Signer("w.example", Ed25519PrivateKey.generate(), COSIGNATURE).key
    policy = published.home / "policy"
    policy.write_text(f"witness w {key} http://127.0.0.1:9\nquorum w\n")
    published.use(log_policy="policy")
    (published.files / "checkpoint").write_bytes(b"")

    found = look(published, mend=True)

    assert [how for _, how in wrong(found)] == ["Start the server, or start it again: it puts one"]
    assert not (published.files / "checkpoint").exists()


def test_everything_that_was_lost_is_written_anew_before_its_checkpoint(
    published: World, reader: Reader
) -> None:
    shutil.rmtree(published.files)
    (published.files).mkdir()

    assert len(wrong(look(published))) == len(FILES) + len(("checkpoint", "counters.json"))
    found = look(published, mend=True)

    assert mended(found)[-2:] == ["There is no checkpoint", "keys.json is missing"]
    assert wrong(found) == [
        ("counters.json is missing", "Start the server, or start it again: it puts one")
    ]
    published.publish()
    assert wrong(look(published)) == []
    assert reader.look() is not None


def test_a_tile_that_another_database_left_is_taken_away(published: World, reader: Reader) -> None:
    """Publication stands still before it, and the checkpoint implies nothing of it."""
    published.append(300)
    stray = published.files / "tile/0/001"
    stray.write_bytes(b"\0" * 8192)

    what = "tile/0/001 was put for entries that the database does not have"
    assert wrong(look(published)) == [(what, "almoner fsck --mend")]
    assert mended(look(published, mend=True)) == [what]

    assert published.publish().size == 600
    assert reader.look() is not None


def test_partial_tiles_that_a_kill_left_are_swept(published: World) -> None:
    for path in ("tile/0/000.p/7", "tile/entries/000.p/7"):
        (published.files / path).parent.mkdir()
        (published.files / path).write_bytes(b"")

    look(published, mend=True)

    assert [each.name for each in published.files.rglob("000.p") if each.parent.name != "1"] == []
    assert (published.files / "tile/1/000.p/1").exists()


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{}", b"\xff", "higher", "more"],
    ids=["missing", "empty", "no counters", "no text", "higher", "of more entries"],
)
def test_damaged_counters_are_named_and_put_by_the_next_start(
    published: World, content: bytes | str | None
) -> None:
    file = published.files / "counters.json"
    whole = file.read_text()
    if content is None:
        file.unlink()
    elif content == "higher":
        file.write_text(whole.replace('"value":"300"', '"value":"301"'))
    elif content == "more":
        file.write_text(whole.replace('"size":300', '"size":301'))
    else:
        file.write_bytes(content)  # type: ignore[arg-type]

    [(said, how)] = wrong(look(published, mend=True))
    assert said.startswith("counters.json ")
    assert how.startswith("Start the server")

    published.publish()
    assert file.read_text() == whole
    assert wrong(look(published)) == []


def alter(world: World, statement: str, *values: object) -> None:
    """Change a row as somebody does who has the database's password."""
    world.unfreeze("ledger_entry").run(statement, values)


BACKUP = "Restore the last backup, and keep this database aside"


@pytest.mark.parametrize(
    ("statement", "values", "said"),
    [
        (
            "UPDATE ledger_account SET balance = balance + 1 WHERE path LIKE 'charity/%'",
            (),
            "charity/harbor-table/owed/meals/bowls holds 301 meal in minor units; "
            "its entries make 300.",
        ),
        (
            "UPDATE ledger_standing SET due = '301'",
            (),
            "bowls stands at 301 in minor units, 300 of it matured; its entries make 300 in minor "
            "units, 300 of it matured.",
        ),
    ],
    ids=["balance", "standing"],
)
def test_a_figure_that_was_altered_is_named_and_the_files_are_left_alone(
    published: World, statement: str, values: tuple[object, ...], said: str
) -> None:
    alter(published, statement, *values)
    before = snapshot(published.files)

    found = look(published, mend=True)

    assert wrong(found)[0] == (said, BACKUP)
    assert mended(found) == []
    assert snapshot(published.files) == before


@pytest.mark.parametrize(
    ("statement", "values", "said"),
    [
        (
            "UPDATE ledger_entry SET body = ? WHERE idx = 7",
            (b"{}",),
            "Entry 7 was altered: its hash does not fit.",
        ),
        (
            "UPDATE ledger_entry SET body = ?, leaf = ? WHERE idx = 7",
            (b"{}", merkle.leaf_hash(b"{}")),
            "The ledger was altered: an entry that fits its hash cannot be read: ",
        ),
        ("DELETE FROM ledger_entry WHERE idx = 7", (), "Entry 7 is missing."),
        (
            "DELETE FROM ledger_entry WHERE idx = 299",
            (),
            "The ledger's head counts 300 entries, but there are 299.",
        ),
    ],
    ids=["body", "leaf and body", "a missing entry", "the last entry"],
)
def test_an_entry_that_was_altered_is_named_and_no_file_is_written(
    published: World, statement: str, values: tuple[object, ...], said: str
) -> None:
    alter(published, statement, *values)
    (published.files / "tile/0/000").unlink()
    before = snapshot(published.files)

    found = look(published, mend=True)

    assert wrong(found)[0][0].startswith(said)
    assert wrong(found)[0][1] == BACKUP
    assert snapshot(published.files) == before


def test_a_leaf_that_was_altered_is_named_and_files_come_from_the_entries(
    published: World,
) -> None:
    alter(published, "UPDATE ledger_entry SET leaf = ? WHERE idx = 7", b"\0" * 32)
    before = snapshot(published.files)
    (published.files / "tile/0/000").unlink()

    found = look(published, mend=True)

    assert wrong(found)[0] == ("Entry 7 was altered: its hash does not fit.", BACKUP)
    assert mended(found) == ["tile/0/000 is missing"]
    assert snapshot(published.files) == before


def snapshot(files: Path) -> dict[str, bytes]:
    """Every file of the log."""
    return {str(each): each.read_bytes() for each in files.rglob("*") if each.is_file()}


def test_an_older_backup_is_said_to_be_one(published: World) -> None:
    published.drop_entries(280)
    before = snapshot(published.files)

    found = look(published, mend=True)

    assert (
        "The log was published with 300 entries, and the database has 280",
        "Restore a newer backup; the entries in between are in the log's own files",
    ) in wrong(found)
    assert snapshot(published.files) == before


def test_another_database_is_said_to_be_one(published: World) -> None:
    published.drop_entries(280)
    published.append(100)
    before = snapshot(published.files)

    found = look(published, mend=True)

    what, how = wrong(found)[-1]
    assert what == "The checkpoint of 300 entries has another root than the database's entries"
    assert how.startswith("This is not the database that was published")
    assert snapshot(published.files) == before


def test_what_was_signed_and_not_published_counts_too(published: World) -> None:
    """A kill between the two: the database behind it may be lost all the same."""
    published.append(50)
    entries = published.entries()
    shutil.copytree(published.files, published.home / "kept")
    published.publish()
    shutil.rmtree(published.files)
    shutil.move(published.home / "kept", published.files)
    assert wrong(look(published)) == []

    published.replace_entries(entries[:320])

    assert ("The log was published with 350 entries, and the database has 320") in [
        what for what, _ in wrong(look(published))
    ]


@pytest.mark.parametrize("damage", ["keys/signed", "keys/log.json"])
def test_damaged_keys_are_named(published: World, damage: str) -> None:
    (published.home / damage).write_bytes(b"nonsense")

    what, how = wrong(look(published, mend=True))[-1]

    assert what.startswith(f"{published.home / damage} cannot be used: ")
    assert how == "Restore keys/ and the settings from a backup"


def test_before_the_first_publication_the_server_is_to_be_started(world: World) -> None:
    take(world.ledger)

    assert wrong(look(world)) == [
        ("There is no checkpoint", "Start the server, or start it again: it puts one")
    ]


def test_a_checkpoint_of_before_a_rotation_is_fine(published: World) -> None:
    first = keys.load(published.settings).verifiers[0]
    keys.rotate(published.settings, ENTRIES)
    keys.retire(published.settings, first.id.hex())
    note = (published.files / "checkpoint").read_text()
    assert checkpoint.read(note, [first])[0].size == ENTRIES

    assert [what for what, _ in wrong(look(published))] == ["keys.json was altered"]


def test_the_command_says_it_all_and_ends_with_one_until_it_is_mended(demo: Server) -> None:
    demo.run("fsck")
    tile = next((demo.home / "log" / "tile" / "0").glob("*.p/*"))
    tile.unlink()

    done = said_by(demo.home, "fsck")
    assert done.returncode == 1
    path = tile.relative_to(demo.home / "log")
    assert f"✗ {path} is missing" in done.stdout
    assert "→ almoner fsck --mend" in done.stdout

    assert f"mended: {path} is missing" in demo.run("fsck", "--mend")
    assert tile.exists()
    demo.run("fsck")
