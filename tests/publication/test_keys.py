"""The keys that sign the log: kept encrypted, rotated, retired, and each failure a sentence."""

import stat
import subprocess
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from almoner.config import ConfigError, Settings
from almoner.log import checkpoint, keylist
from almoner.log.note import NoteError, Signer, VerifierKey, parse_key
from almoner.publication import keys
from tests.publication.world import Reader, World, settings_of
from tests.server import ALMONER, Server


def pem(private: Ed25519PrivateKey) -> str:
    """A key as an operator puts it in the environment."""
    made = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.decode()


@pytest.fixture
def settings(home: Path) -> Settings:
    """An installation without a key yet."""
    return settings_of(home, str(home / "almoner.db"))


def sentence(act: object, *arguments: object) -> str:
    """What is said instead of what was asked for."""
    with pytest.raises(ConfigError) as caught:
        act(*arguments)  # type: ignore[operator]
    said = str(caught.value)
    assert "\n" not in said
    return said


def change(settings: Settings, **chosen: str) -> Settings:
    """The settings with some of them changed."""
    return msgspec.structs.replace(settings, **chosen)


def test_a_key_is_named_after_the_site_and_kept_encrypted(settings: Settings, home: Path) -> None:
    held = keys.create(settings)

    assert held.origin == "giving.example/log"
    assert [each.name for each in held.verifiers] == ["giving.example/log"]
    folder = home / "keys"
    file = folder / f"log-{held.verifiers[0].id.hex()}.pem"
    assert file.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(each.name for each in folder.iterdir()) == [file.name, "log.json"]
    assert keys.load(settings).verifiers == held.verifiers


def test_an_installation_has_one_first_key(settings: Settings) -> None:
    held = keys.create(settings)

    assert "`almoner keys rotate`" in sentence(keys.create, settings)
    assert keys.load(settings).verifiers == held.verifiers


def test_without_a_passphrase_no_key_is_kept(settings: Settings, home: Path) -> None:
    said = sentence(keys.create, change(settings, log_passphrase=""))

    assert "log_passphrase is empty" in said
    assert not (home / "keys").exists()


def test_an_address_that_names_no_key_is_refused(settings: Settings) -> None:
    said = sentence(keys.create, change(settings, site_url="https://giving.example/a+b"))

    assert "cannot be named after the site's address" in said
    assert "giving.example/a+b/log" in said


def test_before_the_first_key_it_is_said_how_to_make_one(settings: Settings) -> None:
    assert "`almoner keys new`" in sentence(keys.load, settings)


@pytest.mark.parametrize("passphrase", ["", "another one"])
def test_a_wrong_passphrase_is_said(settings: Settings, passphrase: str) -> None:
    held = keys.create(settings)

    said = sentence(keys.load, change(settings, log_passphrase=passphrase))

    assert f"log-{held.verifiers[0].id.hex()}.pem cannot be opened with log_passphrase" in said


def test_a_lost_key_is_named(settings: Settings, home: Path) -> None:
    held = keys.create(settings)
    next((home / "keys").glob("*.pem")).unlink()

    said = sentence(keys.load, settings)

    assert str(held.verifiers[0]) in said
    assert "nor in ALMONER_LOG_KEY: restore it." in said


@pytest.mark.parametrize("damage", [b"", b"{}", b"nonsense", b'{"origin":"a","keys":[]}'])
def test_a_damaged_list_is_named(settings: Settings, home: Path, damage: bytes) -> None:
    keys.create(settings)
    (home / "keys" / "log.json").write_bytes(damage)

    said = sentence(keys.load, settings)

    assert said.startswith(f"{home}/keys/log.json cannot be used: ")
    assert said.endswith("Restore it.")


def test_a_list_with_a_stranger_in_it_is_refused(settings: Settings, home: Path) -> None:
    """Somebody put a key of their own in, which the one before it never endorsed."""
    keys.create(settings)
    listed = keylist.read((home / "keys" / "log.json").read_bytes())
    keys.rotate(settings, 0)
    real = keylist.read((home / "keys" / "log.json").read_bytes()).keys[1]
    stranger = Signer(listed.origin, Ed25519PrivateKey.generate()).key
    forged = msgspec.structs.replace(real, vkey=str(stranger))
    altered = msgspec.structs.replace(listed, keys=(listed.keys[0], forged))
    (home / "keys" / "log.json").write_bytes(keylist.encode(altered))

    assert "is not endorsed by the one before it" in sentence(keys.load, settings)


def test_a_key_from_the_environment_is_never_written(settings: Settings, home: Path) -> None:
    private = Ed25519PrivateKey.generate()
    given = change(settings, log_key=pem(private), log_passphrase="")

    held = keys.create(given)

    assert held.signers[0].private.private_bytes_raw() == private.private_bytes_raw()
    assert [each.name for each in (home / "keys").iterdir()] == ["log.json"]
    assert "nor in ALMONER_LOG_KEY" in sentence(keys.load, settings)


def test_a_key_from_the_environment_is_rotated_by_putting_the_new_one_last(
    settings: Settings,
) -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    keys.create(change(settings, log_key=pem(old)))
    both = change(settings, log_key=pem(old) + pem(new))

    held = keys.rotate(both, 7)

    publics = [each.private.public_key() for each in held.signers]
    assert publics == [old.public_key(), new.public_key()]
    assert held.listed.keys[1].since == 7
    assert len(keys.load(change(settings, log_key=pem(new))).signers) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nonsense", "The setting log_key is not a private key in PEM."),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "The setting log_key cannot be opened with log_passphrase",
        ),
        (
            generate_private_key(65537, 2048)
            .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            .decode(),
            "The setting log_key is no Ed25519 key.",
        ),
    ],
    ids=["nonsense", "damaged", "rsa"],
)
def test_a_key_in_the_environment_that_cannot_be_used_is_said(
    settings: Settings, given: str, said: str
) -> None:
    assert said in sentence(keys.create, change(settings, log_key=given))


def test_a_retired_key_is_destroyed_and_stays_listed(settings: Settings, home: Path) -> None:
    first = keys.create(settings).verifiers[0]
    second = keys.rotate(settings, 3).verifiers[1]

    keys.retire(settings, first.id.hex())

    held = keys.load(settings)
    assert held.verifiers == (first, second)
    assert [each.key for each in held.signers] == [second]
    assert [each.name for each in (home / "keys").glob("*.pem")] == [f"log-{second.id.hex()}.pem"]


def test_what_cannot_be_retired_is_said(settings: Settings) -> None:
    first = keys.create(settings).verifiers[0]

    said = sentence(keys.retire, settings, first.id.hex())
    assert said == f"{first.id.hex()} is the newest key: `almoner keys rotate` first."
    keys.rotate(settings, 0)
    said = sentence(keys.retire, settings, "00000000")
    assert said.startswith("No key '00000000' can sign here, only ")
    assert first.id.hex() in said


@pytest.mark.parametrize("lies_here", [False, True])
def test_a_key_that_the_environment_still_gives_is_not_called_retired(
    settings: Settings, lies_here: bool
) -> None:
    if lies_here:
        private = keys.create(settings).signers[0].private
        given = change(settings, log_key=pem(private))
    else:
        private = Ed25519PrivateKey.generate()
        given = change(settings, log_key=pem(private))
        keys.create(given)
    first = keys.load(given).verifiers[0]
    keys.rotate(given, 0)

    said = sentence(keys.retire, given, first.id.hex())

    assert said == f"The key {first.id.hex()} comes from ALMONER_LOG_KEY: take it out there."


def verifies(note: str, *known: VerifierKey) -> bool:
    """Whether somebody who knows these keys and no others takes the checkpoint."""
    try:
        checkpoint.read(note, known)
    except NoteError:
        return False
    return True


def test_who_knows_one_key_follows_the_log_through_its_rotations(
    world: World, reader: Reader
) -> None:
    def note() -> str:
        return (world.files / "checkpoint").read_text()

    world.append(2)
    world.publish()
    before = note()
    first = keys.load(world.settings).verifiers[0]
    second = keys.rotate(world.settings, 2).verifiers[1]
    world.append(1)
    world.publish()
    rotated = note()
    keys.retire(world.settings, first.id.hex())
    world.append(1)
    world.publish()
    retired = note()

    assert verifies(before, first)
    assert not verifies(before, second)
    assert verifies(rotated, first)
    assert verifies(rotated, second)
    assert not verifies(retired, first)
    assert verifies(retired, second)
    listed = keylist.read((world.files / "keys.json").read_bytes())
    assert list(keylist.trusted(listed, first)) == [first, second]
    assert verifies(retired, *keylist.trusted(listed, first))
    assert listed.keys[1].since == 2
    reader.look()


def said_by(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that is meant to fail."""
    server = Server(home)
    return subprocess.run(
        [ALMONER, *arguments], env=server.environment, capture_output=True, text=True
    )


def test_a_running_server_takes_up_a_rotation(server: Server) -> None:
    first = server.run("keys", "show").splitlines()[0]
    assert wait_for_signatures(server, 1)

    printed = server.run("keys", "rotate")

    second = printed.splitlines()[2]
    assert printed.splitlines()[0] == first
    assert "from entry 0; signs" in printed
    assert "`almoner keys retire` the old one" in printed
    assert wait_for_signatures(server, 2)
    note = httpx.get(f"{server.url}/log/checkpoint").text
    assert verifies(note, parse_key(first))
    assert verifies(note, parse_key(second))

    shown = server.run("keys", "retire", parse_key(first).id.hex())

    assert [line.strip() for line in shown.splitlines()[1::2]] == [
        "from entry 0; retired",
        "from entry 0; signs",
    ]


def wait_for_signatures(server: Server, count: int) -> bool:
    """Whether the checkpoint gets so many signatures soon, without an append."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        answer = httpx.get(f"{server.url}/log/checkpoint")
        if answer.status_code == 200 and answer.text.count("\n— ") == count:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "new"), "There is a key already in "),
        (("keys", "retire", "12345678"), "No key '12345678' can sign here, only "),
    ],
)
def test_a_command_that_cannot_is_one_sentence(
    home: Path, installed_home: None, arguments: tuple[str, ...], said: str
) -> None:
    done = said_by(home, *arguments)

    assert done.returncode == 1
    assert done.stderr.startswith(f"almoner: {said}")
    assert len(done.stderr.splitlines()) == 1
