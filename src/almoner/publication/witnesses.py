"""The log's own witnesses: asked for cosignatures by the policy's terms.

With a quorum, a checkpoint is published once the quorum has cosigned it, and not before.
Without one it is published at once, witnesses are asked meanwhile, and their cosignatures are
added to the same checkpoint when they come. Limit: what a witness is thought to hold is not
kept over a restart; asking once more is enough to learn it.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from almoner.audit import cosigning
from almoner.audit.cosigning import Cosigned
from almoner.config import ConfigError, Settings
from almoner.log import checkpoint, policy, proof
from almoner.log.note import Signature, VerifierKey, split, write
from almoner.log.policy import NONE, Policy, PolicyError
from almoner.log.store import Readable, reader

logger = logging.getLogger(__name__)


class QuorumError(Exception):
    """Too few witnesses have cosigned; the message names who is missing and why."""


def read_policy(settings: Settings) -> Policy:
    """The policy that the settings name; an empty one where they name none."""
    if not settings.log_policy:
        return Policy()
    path = Path(settings.home, settings.log_policy)
    try:
        found = policy.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, PolicyError) as error:
        raise ConfigError(f"The setting log_policy: {path} cannot be used: {error}.") from None
    if len(found.witnesses) > cosigning.MAX_WITNESSES:
        raise ConfigError(
            f"The setting log_policy: {path} names {len(found.witnesses)} witnesses, over "
            f"{cosigning.MAX_WITNESSES}."
        )
    return found


class Witnesses:
    """Asks for one log. Owned by the publisher's thread; `later` takes what another brought."""

    def __init__(self, terms: Policy, store: Readable) -> None:
        self._policy = terms
        self._store = store
        self._held: dict[str, int] = {}
        self._asking: threading.Thread | None = None
        self._answer: tuple[str, Cosigned] | None = None  # set by the asking thread, once
        self._said = ""

    @property
    def keys(self) -> Sequence[VerifierKey]:
        """The witnesses' keys."""
        return [each.key for each in self._policy.witnesses]

    def cosigned(self, signed: str) -> str:
        """The checkpoint to publish now: with its quorum, or as it is where none is asked for."""
        if self._policy.quorum == NONE:
            self._ask_meanwhile(signed)
            return signed
        answer = self._request(signed)
        self._learn(answer)
        if not self._policy.is_met(answer.signatures):
            raise QuorumError(
                f"The quorum {self._policy.quorum} has not cosigned the checkpoint: "
                f"{_troubles(answer)}"
            )
        return _joined(signed, answer.signatures)

    def later(self, signed: str) -> str:
        """The checkpoint with cosignatures that came since it was published, or ""."""
        if self._answer is None:
            return ""
        (asked, answer), self._answer, self._asking = self._answer, None, None
        self._learn(answer)
        if asked == signed:
            return _joined(signed, answer.signatures) if answer.signatures else ""
        self._ask_meanwhile(signed)
        return ""

    def _ask_meanwhile(self, signed: str) -> None:
        if self._asking is None and any(each.url for each in self._policy.witnesses):

            def ask() -> None:
                self._answer = signed, self._request(signed)

            self._asking = threading.Thread(target=ask, name="witnesses", daemon=True)
            self._asking.start()

    def _request(self, signed: str) -> Cosigned:
        size = checkpoint.parse(split(signed)[0]).size

        def prove(old: int) -> Sequence[bytes]:
            return proof.consistency(old, size, reader(self._store, size))

        return cosigning.ask(signed, self._policy.witnesses, prove, dict(self._held))

    def _learn(self, answer: Cosigned) -> None:
        self._held.update(answer.held)
        said = _troubles(answer)
        if said and said != self._said:
            logger.warning("Witnesses have not cosigned: %s", said)
        self._said = said


def _troubles(answer: Cosigned) -> str:
    return "; ".join(f"{name} {why}" for name, why in answer.troubles.items())


def _joined(signed: str, cosignatures: Sequence[Signature]) -> str:
    text, signatures = split(signed)
    return write(text, [*signatures, *cosignatures])
