"""The log's signing keys: made, kept, rotated, retired.

`<home>/keys/log.json` lists every key's public half, oldest first, as it is published; a private
half lies beside it in PKCS #8, encrypted with the setting `log_passphrase` (scrypt and AES, by
`cryptography`), or comes from the environment (`log_key`). Each private key that is here signs
each checkpoint, so that after a rotation who knows only the old key still can verify; `retire`
ends that. Limit: a key that was stolen is to be retired by hand and said to have been.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from almoner.config import ConfigError, Settings
from almoner.log import keylist
from almoner.log.keylist import KeyList, ListedKey
from almoner.log.note import NoteError, Signer, VerifierKey, check_name, parse_key, write
from almoner.publication import files

Stamp = tuple[object, ...]

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Keys:
    """The published list, and the keys of it that can sign, in the list's order."""

    listed: KeyList
    signers: tuple[Signer, ...]

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """Every key that ever signed this log."""
        return tuple(parse_key(each.vkey) for each in self.listed.keys)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.listed.origin


def path(settings: Settings) -> Path:
    """Where the list lies."""
    return settings.home / "keys" / "log.json"


def stamp(settings: Settings) -> Stamp:
    """What changes with every key that is added or taken away, cheap to look at."""
    try:
        listed = path(settings).stat().st_mtime_ns
    except FileNotFoundError:
        return ()
    return listed, *sorted(each.name for each in path(settings).parent.glob("log-*.pem"))


def load(settings: Settings) -> Keys:
    """The keys of this installation; `ConfigError` where they cannot be used."""
    try:
        listed = keylist.read(path(settings).read_bytes())
        verifiers = keylist.trusted(listed)
    except FileNotFoundError:
        raise ConfigError(
            "This installation has no key to sign its log with: run `almoner keys new`."
        ) from None
    except NoteError as error:
        raise ConfigError(f"{path(settings)} cannot be used: {error}. Restore it.") from None
    given = {_public(each): each for each in _from_environment(settings)}
    signers: list[Signer] = []
    for key in verifiers:
        private = given.get(key.public) or _read(settings, key)
        if private is not None:
            signers.append(Signer(key.name, private))
    if not signers or signers[-1].key != verifiers[-1]:
        raise ConfigError(
            f"The private half of the log's newest key, {verifiers[-1]}, is neither in "
            f"{_file(settings, verifiers[-1])} nor in ALMONER_LOG_KEY: restore it."
        )
    return Keys(listed, tuple(signers))


def document(held: Keys, witnesses: Iterable[VerifierKey] = ()) -> bytes:
    """The list as it is published, with the witnesses that are asked."""
    listed = msgspec.structs.replace(held.listed, witnesses=tuple(map(str, witnesses)))
    return keylist.encode(listed)


def create(settings: Settings) -> Keys:
    """Make the first key of an installation, or take the one from the environment."""
    if path(settings).exists():
        raise ConfigError(f"There is a key already in {path(settings)}: `almoner keys rotate`.")
    origin = settings.log_origin
    try:
        check_name(origin)
    except NoteError as error:
        raise ConfigError(f"The log cannot be named after the site's address: {error}.") from None
    private = next(iter(_from_environment(settings)), None) or _generate(settings, origin)
    key = Signer(origin, private).key
    _write_list(settings, KeyList(origin, (ListedKey(str(key), 0),)))
    return load(settings)


def rotate(settings: Settings, size: int) -> Keys:
    """Add a key that the newest one endorses; both sign from now on.

    With keys in the environment, the new one is the last of them.
    """
    held = load(settings)
    newest = held.signers[-1]
    known = {each.public for each in held.verifiers}
    fresh = [each for each in _from_environment(settings) if _public(each) not in known]
    private = fresh[-1] if fresh else _generate(settings, held.origin)
    key = Signer(held.origin, private).key
    text = keylist.endorsement_text(held.origin, key)
    endorsed = ListedKey(str(key), size, write(text, [newest.sign(text)]))
    _write_list(settings, msgspec.structs.replace(held.listed, keys=(*held.listed.keys, endorsed)))
    return load(settings)


def retire(settings: Settings, key_id: str) -> None:
    """Destroy the private half of an older key; what it signed stays verifiable."""
    held = load(settings)
    found = next((each for each in held.signers if each.key.id.hex() == key_id), None)
    if found is None:
        shown = ", ".join(each.key.id.hex() for each in held.signers)
        raise ConfigError(f"No key {key_id!r} can sign here, only {shown}.")
    if found == held.signers[-1]:
        raise ConfigError(f"{key_id} is the newest key: `almoner keys rotate` first.")
    file = _file(settings, found.key)
    given = {_public(each) for each in _from_environment(settings)}
    if found.key.public in given or not file.exists():
        raise ConfigError(f"The key {key_id} comes from ALMONER_LOG_KEY: take it out there.")
    file.unlink()
    files.sync_directory(file.parent)


def _generate(settings: Settings, origin: str) -> Ed25519PrivateKey:
    if not settings.log_passphrase:
        raise ConfigError(
            "The setting log_passphrase is empty, and a key is never kept unencrypted: put a "
            "long one in almoner.toml or in ALMONER_LOG_PASSPHRASE."
        )
    private = Ed25519PrivateKey.generate()
    content = private.private_bytes(
        Encoding.PEM,
        PrivateFormat.PKCS8,
        BestAvailableEncryption(settings.log_passphrase.encode()),
    )
    file = _file(settings, Signer(origin, private).key)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write(file, content, 0o600)
    return private


def _write_list(settings: Settings, listed: KeyList) -> None:
    path(settings).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write(path(settings), keylist.encode(listed))


def _file(settings: Settings, key: VerifierKey) -> Path:
    return path(settings).with_name(f"log-{key.id.hex()}.pem")


def _read(settings: Settings, key: VerifierKey) -> Ed25519PrivateKey | None:
    file = _file(settings, key)
    try:
        return _decrypt(file.read_bytes(), settings, str(file))
    except FileNotFoundError:
        return None


def _from_environment(settings: Settings) -> list[Ed25519PrivateKey]:
    blocks = _PEM.findall(settings.log_key)
    if settings.log_key and not blocks:
        raise ConfigError("The setting log_key is not a private key in PEM.")
    return [_decrypt(each.encode(), settings, "The setting log_key") for each in blocks]


def _decrypt(content: bytes, settings: Settings, what: str) -> Ed25519PrivateKey:
    passphrase = settings.log_passphrase.encode() or None
    try:
        encrypted = b"ENCRYPTED" in content
        private = load_pem_private_key(content, passphrase if encrypted else None)
    except (ValueError, TypeError):
        raise ConfigError(
            f"{what} cannot be opened with log_passphrase: set the passphrase it was made with."
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigError(f"{what} is no Ed25519 key.")
    return private


def _public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()
