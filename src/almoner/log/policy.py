"""Policies (C2SP tlog-policy): whose signatures make a checkpoint good.

A policy is lines: `log <vkey> [<url>]`, `witness <name> <vkey> [<url>]`,
`group <name> <k|any|all> <name>…` over witnesses and groups named before, and
`quorum <name|none>`. A key is there once, and a witness or group is in one group at most.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from almoner.log.note import COSIGNATURE, NoteError, Signature, VerifierKey, parse_key

NONE = "none"
# Between words are spaces and tabs, and lines end with U+000A: nothing else divides a policy.
_WORD = re.compile(r"[^ \t]+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile(r"[0-9]{1,4}")
_NAME = re.compile(r"[^\s+#]{1,100}")


class PolicyError(ValueError):
    """A policy that cannot be read, or is not met; the message names the line or what lacks."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns. `url` is where its `add-checkpoint` is, "" where that is not said."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which logs, which witnesses, and how many of them. `groups` hold (how many, members)."""

    logs: tuple[VerifierKey, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: Mapping[str, tuple[int, tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[int, tuple[str, ...]]]
    )
    quorum: str = NONE

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key that counts."""
        return (*self.logs, *(each.key for each in self.witnesses))

    def cosigners(self, signatures: Iterable[Signature]) -> frozenset[str]:
        """The names of the witnesses whose verified cosignatures are among these."""
        made = {(each.name, each.key_id) for each in signatures}
        return frozenset(
            each.name for each in self.witnesses if (each.key.name, each.key.id) in made
        )

    def is_met(self, signatures: Iterable[Signature]) -> bool:
        """Whether verified signatures make up the quorum."""
        holding = set(self.cosigners(signatures))
        for name, (least, members) in self.groups.items():  # members come before their groups
            if len(holding.intersection(members)) >= least:
                holding.add(name)
        return self.quorum == NONE or self.quorum in holding


def parse(text: str) -> Policy:
    """Read a policy; a `PolicyError` names the line that is wrong."""
    logs: list[VerifierKey] = []
    witnesses: dict[str, Witness] = {}
    groups: dict[str, tuple[int, tuple[str, ...]]] = {}
    placed: set[str] = set()  # who is in a group; twice, one witness would count as two
    quorum = ""
    for number, line in enumerate(text.split("\n"), 1):
        words = [] if line.lstrip(" \t").startswith("#") else _WORD.findall(line)
        try:
            if _CONTROL.search(line):
                raise PolicyError("it holds a control character")
            match words:
                case []:
                    continue
                case ["log", key, *rest] if len(rest) < 2:
                    log = _log(key)
                    _check_key(log, logs)
                    logs.append(log)
                case ["witness", name, key, *rest] if len(rest) < 2:
                    _check_new(name, witnesses, groups)
                    found = Witness(name, _cosigner(key), rest[0] if rest else "")
                    _check_key(found.key, (each.key for each in witnesses.values()))
                    witnesses[name] = found
                case ["group", name, least, *members] if members:
                    _check_new(name, witnesses, groups)
                    groups[name] = _group(least, members, {*witnesses, *groups}, placed)
                    placed.update(members)
                case ["quorum", name]:
                    if name != NONE and name not in witnesses and name not in groups:
                        raise PolicyError(f"no witness or group is called {name!r}")
                    if quorum:
                        raise PolicyError(f"the quorum is {quorum} already")
                    quorum = name
                case _:
                    raise PolicyError("write log, witness, group or quorum, and what belongs to it")
        except (PolicyError, NoteError) as error:
            raise PolicyError(f"line {number} of the policy: {error}") from None
    if not quorum:
        raise PolicyError('the policy has no quorum: write "quorum none" where none is asked')
    return Policy(tuple(logs), tuple(witnesses.values()), groups, quorum)


def _log(text: str) -> VerifierKey:
    key = parse_key(text)
    if key.algorithm == COSIGNATURE:
        raise PolicyError(f"{key.name} has a key that cosigns, it does not sign a log")
    return key


def _check_key(key: VerifierKey, known: Iterable[VerifierKey]) -> None:
    twin = next((each for each in known if each.public == key.public), None)
    if twin is not None:
        raise PolicyError(f"{key.name} has the public key of {twin.name}")


def _cosigner(text: str) -> VerifierKey:
    key = parse_key(text)
    if key.algorithm != COSIGNATURE:
        raise PolicyError(f"{key.name} has a key that does not cosign (type 0x{key.algorithm:02x})")
    return key


def _check_new(name: str, *taken: Collection[str]) -> None:
    if not _NAME.fullmatch(name) or name == NONE:
        raise PolicyError(f"{name!r} is not a name for a witness or a group")
    if any(name in each for each in taken):
        raise PolicyError(f"{name!r} is there twice")


def _group(
    least: str, members: list[str], known: Collection[str], placed: Collection[str]
) -> tuple[int, tuple[str, ...]]:
    unknown = next((each for each in members if each not in known), None)
    if unknown is not None:
        raise PolicyError(f"no witness or group before this line is called {unknown!r}")
    if len(set(members)) != len(members):
        raise PolicyError("a group names each member once")
    twice = next((each for each in members if each in placed), None)
    if twice is not None:
        raise PolicyError(f"{twice!r} is in a group already")
    count = {"any": 1, "all": len(members)}.get(least)
    if count is None:
        if not _COUNT.fullmatch(least) or not 0 < int(least) <= len(members):
            raise PolicyError(f"{least!r} is not any, all or a number up to {len(members)}")
        count = int(least)
    return count, tuple(members)
