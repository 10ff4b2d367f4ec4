"""Publication: interrupted anywhere it goes on, and never says what it must take back."""

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
