"""Publication: interrupted anywhere it goes on, and never says what it must take back."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from almoner.publication import keys
from almoner.publication.publisher import Publication, PublicationError, Publisher
from tests.publication.world import Failing, Reader, World

# Around the edges of a tile, where the writer has most to do.
ORDERS = st.sampled_from([1, 2, 37, 100, 254, 255, 256, 257, 513])


class Interruptions(RuleBasedStateMachine):
    """Appends and publications, any of them cut off, by processes that come and go."""

    database_url = ""
    home = Path()

    def __init__(self) -> None:
        super().__init__()
        for each in self.home.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        self.world = World(self.home, self.database_url)
        self.store = Failing(self.world.files)
        self.reader = Reader(self.world.files)
        self.publisher = self.world.publisher(self.store)

    @rule(orders=ORDERS)
    def append(self, orders: int) -> None:
        self.world.append(orders)

    @rule()
    def publish(self) -> None:
        found = self.publisher.publish()

        assert found is not None
        assert found.size == len(self.world.entries())
        assert self.reader.look() == found
        assert self.reader.counted() == found.size
        held = keys.load(self.world.settings)
        assert self.reader.signed_by() >= {each.key for each in held.signers}

    @rule(
        orders=st.one_of(st.just(0), ORDERS),
        after=st.integers(0, 12),
        persisted=st.booleans(),
        dies=st.booleans(),
        goes_on=st.booleans(),
    )
    def be_interrupted(
        self, orders: int, after: int, persisted: bool, dies: bool, goes_on: bool
    ) -> None:
        self.world.append(orders)
        self.store.fail(after, persisted=persisted, dies=dies)
        with suppress(PublicationError):
            self.publisher.publish()
        self.store.mend()
        if not goes_on:
            self.restart()

    @rule()
    def restart(self) -> None:
        self.publisher.close()
        self.publisher = self.world.publisher(self.store)

    @rule()
    def retire(self) -> None:
        held = keys.load(self.world.settings)
        if len(held.signers) > 1:
            keys.retire(self.world.settings, held.signers[0].key.id.hex())

    @rule()
    def rotate(self) -> None:
        if len(keys.load(self.world.settings).listed.keys) < 4:
            keys.rotate(self.world.settings, len(self.world.entries()))

    @rule()
    def lose_the_files(self) -> None:
        self.restart()
        shutil.rmtree(self.world.files, ignore_errors=True)

    @invariant()
    def what_lies_there_holds(self) -> None:
        found = self.reader.look()
        if found is not None:
            counted = self.reader.counted()
            assert counted is None or counted <= found.size

    def teardown(self) -> None:
        self.world.close()


@pytest.mark.slow
def test_whatever_is_interrupted_no_checkpoint_is_ever_contradicted(
    home: Path, database_url: str
) -> None:
    machine = type("Machine", (Interruptions,), {"home": home, "database_url": database_url})

    run_state_machine_as_test(
        machine, settings=hypothesis_settings(max_examples=25, stateful_step_count=20)
    )


def test_an_empty_log_gets_its_checkpoint_also_after_an_interruption(
    world: World, reader: Reader
) -> None:
    store = Failing(world.files)
    store.fail(0, persisted=True)  # keys.json is there, and nothing else
    with pytest.raises(PublicationError):
        world.publisher(store).publish()
    world.close_publishers()

    world.publish()

    found = reader.look()
    assert found is not None
    assert found.size == 0


def test_a_rotation_that_was_interrupted_is_signed_for_all_the_same(
    world: World, reader: Reader
) -> None:
    store = Failing(world.files)
    publisher = world.publisher(store)
    publisher.publish()
    held = keys.rotate(world.settings, 0)
    store.fail(0, persisted=True)
    with pytest.raises(PublicationError):
        publisher.publish()

    publisher.publish()

    assert reader.signed_by() == set(held.verifiers)


def test_a_retired_key_signs_no_more_without_a_restart(world: World, reader: Reader) -> None:
    publisher = world.publisher()
    publisher.publish()
    held = keys.rotate(world.settings, 0)
    publisher.publish()
    assert reader.signed_by() == set(held.verifiers)

    keys.retire(world.settings, held.verifiers[0].id.hex())
    world.append(1)
    publisher.publish()

    assert reader.signed_by() == {held.verifiers[1]}


def refusal(world: World) -> str:
    """The sentence that publication is refused with, from a process that starts."""
    with pytest.raises(PublicationError) as caught:
        world.publish()
    world.close_publishers()
    return str(caught.value)


def listing(world: World) -> dict[str, bytes]:
    """Every file of the log."""
    return {
        str(each.relative_to(world.files)): each.read_bytes()
        for each in world.files.rglob("*")
        if each.is_file()
    }


@pytest.mark.parametrize("files", ["kept", "emptied"])
def test_a_database_restored_from_an_older_backup_is_refused(world: World, files: str) -> None:
    world.append(300)
    world.publish()
    if files == "emptied":
        shutil.rmtree(world.files)

    world.drop_entries(290)

    said = refusal(world)
    assert "restored from an older backup" in said
    assert "300 entries" in said
    assert "290" in said


@pytest.mark.parametrize("files", ["kept", "emptied"])
def test_an_older_backup_is_refused_also_once_it_has_caught_up(world: World, files: str) -> None:
    world.append(300)
    signed = world.publish()
    world.drop_entries(200)
    world.append(400)
    if files == "emptied":
        shutil.rmtree(world.files)
    before = listing(world)

    said = refusal(world)

    assert "300 entries" in said
    after = listing(world)
    after.pop("keys.json")
    before.pop("keys.json", None)
    assert after == before, "something of the wrong database was put"
    assert (world.home / "keys" / "signed").read_text().startswith(signed.text)


def test_after_the_right_database_is_back_publication_goes_on(world: World, reader: Reader) -> None:
    world.append(250)
    world.publish()
    entries = world.entries()
    world.drop_entries(200)
    world.append(400)
    refusal(world)

    world.replace_entries(entries)
    world.append(350)
    found = world.publish()

    assert found.size == 600
    assert reader.look() == found


def test_files_of_another_log_are_refused_though_the_database_made_them(
    world: World,
) -> None:
    """A whole home but for its keys was put in the place of another one."""
    world.append(3)
    world.publish()
    kept = (world.home / "keys" / "signed").read_bytes()
    shutil.rmtree(world.files)
    (world.home / "keys" / "signed").unlink()
    world.drop_entries(0)
    world.append(5)
    world.publish()

    (world.home / "keys" / "signed").write_bytes(kept)

    assert "3 entries that was signed last has another root than the log's files" in refusal(world)


def test_a_store_with_other_content_at_a_tiles_path_is_refused(world: World) -> None:
    world.append(3)
    world.publish()
    tile = world.files / "tile/0/000.p/5"
    tile.write_bytes(b"\0" * 160)
    world.append(2)

    assert "tile/0/000.p/5 is published with other content" in refusal(world)
    assert tile.read_bytes() == b"\0" * 160


def test_of_two_publishers_one_publishes_and_the_other_takes_over(
    world: World, reader: Reader
) -> None:
    one, other = world.publisher(), world.publisher()
    world.append(3)
    assert one.publish() is not None

    assert other.publish() is None
    one.close()
    world.append(2)

    found = other.publish()
    assert found is not None
    assert found.size == 5
    assert reader.look() == found


HOLD = """
import sys, time
from collections.abc import Callable
from pathlib import Path
from tests.publication.world import settings_of
from almoner.ledger import connect
from almoner.publication.publisher import Publisher
from almoner.publication.stores import open_store
settings = settings_of(Path(sys.argv[1]), sys.argv[2])
publisher = Publisher(settings, connect(sys.argv[2]), open_store(settings))
print(publisher.publish(), flush=True)
time.sleep(600)
"""


def test_a_publisher_that_is_killed_is_followed_by_another(world: World, reader: Reader) -> None:
    world.append(3)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(world.home), world.url],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert holder.stdout is not None
        assert b"size=3" in holder.stdout.readline()
        publisher = world.publisher()
        world.append(2)
        assert publisher.publish() is None
    finally:
        holder.kill()
        holder.communicate()

    until = time.monotonic() + 30  # PostgreSQL has to notice
    while (found := publisher.publish()) is None:
        assert time.monotonic() < until, "nobody took over"
        time.sleep(0.01)

    assert found.size == 5
    assert reader.look() == found


@pytest.mark.postgresql
def test_a_publisher_that_lost_its_session_signs_nothing(home: Path, postgres_url: str) -> None:
    """Its lock went with it: another server may have published more meanwhile."""
    world = World(home, postgres_url)
    store = Failing(world.files)
    publisher = world.publisher(store)
    world.append(3)
    publisher.publish()
    before = listing(world)
    world.append(2)

    store.before = lambda path: end_session(world, publisher)
    with pytest.raises(psycopg.OperationalError):
        publisher.publish()

    after = listing(world)
    assert after["checkpoint"] == before["checkpoint"]
    assert "\n3\n" in (home / "keys" / "signed").read_text()
    world.close()


def end_session(world: World, publisher: Publisher) -> None:
    """What a restart of PostgreSQL does to a connection."""
    raw = publisher._db.raw
    assert isinstance(raw, psycopg.Connection)
    world.ledger.db.run("SELECT pg_terminate_backend(?)", (raw.info.backend_pid,))


def partials_beside_their_full_ones(world: World) -> list[str]:
    """What is to be collected."""
    return [
        str(each)
        for each in world.files.rglob("*.p")
        if each.with_suffix("").exists() and any(each.iterdir())
    ]


def test_partial_tiles_are_collected_once_the_full_one_is_there(
    world: World, reader: Reader
) -> None:
    publisher = world.publisher()
    for orders in (1, 99, 100, 50):
        world.append(orders)
        publisher.publish()
    assert len(list((world.files / "tile/0/000.p").iterdir())) == 4

    world.append(10)
    publisher.publish()

    assert not (world.files / "tile/0/000.p").exists()
    assert not (world.files / "tile/entries/000.p").exists()
    assert (world.files / "tile/0/001.p/4").exists()
    reader.look()


def test_partial_tiles_are_collected_also_after_a_kill_before_it(
    world: World, reader: Reader
) -> None:
    store = Failing(world.files)
    publisher = world.publisher(store)
    world.append(250)
    publisher.publish()
    world.append(10)
    store.before = lambda path: store.fail(0) if path.endswith(".p/") else None
    with pytest.raises(PublicationError):
        publisher.publish()
    assert partials_beside_their_full_ones(world)
    world.close_publishers()

    world.append(1)
    world.publish()

    assert partials_beside_their_full_ones(world) == []
    reader.look()


@pytest.mark.parametrize("damage", [b"nonsense", b"\xff\xfe", b""])
@pytest.mark.parametrize("file", ["log/checkpoint", "keys/signed"])
def test_a_checkpoint_that_cannot_be_read_is_named(world: World, file: str, damage: bytes) -> None:
    world.append(3)
    world.publish()
    (world.home / file).write_bytes(damage)

    said = refusal(world)

    assert f"{file.removeprefix('log/')} cannot be used: " in said
    assert said.endswith("ask `almoner fsck`.")
    assert "\n" not in said


def test_a_full_disk_stops_publication_until_there_is_room(
    world: World, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    world.append(3)
    store = Failing(world.files)
    store.fail(2, dies=True)

    publication = Publication(lambda: world.publisher(store))
    try:
        wait_for(lambda: bool(caplog.records))
        store.mend()
        publication.nudge()
        wait_for(lambda: (world.files / "checkpoint").exists())
    finally:
        publication.close()

    found = reader.look()
    assert found is not None
    assert found.size == 3
    assert len(caplog.records) == 1, "one failure is told once, however often it is tried again"
    assert caplog.records[0].exc_info is None


def wait_for(what: Callable[[], bool]) -> None:
    """Return once it is so."""
    until = time.monotonic() + 30
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)
