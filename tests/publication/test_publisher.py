"""Publication: interrupted anywhere it goes on, and never says what it must take back."""

import shutil

import pytest

from almoner.publication import keys
from almoner.publication.publisher import PublicationError
from tests.publication.world import Failing, Reader, World


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
