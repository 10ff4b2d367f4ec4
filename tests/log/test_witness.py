"""The witness's judgement: each status of C2SP tlog-witness, and what no order of requests does."""

from base64 import b64encode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from almoner.log import merkle, proof, witness
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import Signer, parse_key, write
from almoner.log.witness import Accepted, Answer, Request, RequestError

ORIGIN = "log.example/a"
LOG = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
MOST = 40


def tree(branch: int, size: int) -> list[bytes]:
    """The leaf hashes of one of several logs that part after twenty entries."""
    return [merkle.leaf_hash(b"%d %d" % (branch if at >= 20 else 0, at)) for at in range(size)]


def read(leaves):
    """Reads nodes from leaves."""

    def _read(nodes):
        found = []
        for level, index in nodes:
            part = leaves[index << level : (index + 1) << level]
            found.append(merkle.root(*merkle.extend(0, b"", part)))
        return found

    return _read


def checkpoint(size: int, branch: int = 0) -> Checkpoint:
    return Checkpoint(ORIGIN, size, merkle.root(*merkle.extend(0, b"", tree(branch, size))))


def signed(found: Checkpoint, *signers: Signer) -> str:
    return write(found.text, [each.sign(found.text) for each in signers or (LOG,)])


def consistency(old: int, new: int, branch: int = 0) -> tuple[bytes, ...]:
    return tuple(proof.consistency(old, new, read(tree(branch, new)))) if 0 < old <= new else ()


def request(old: int, new: int, branch: int = 0) -> Request:
    return Request(old, consistency(old, new, branch), signed(checkpoint(new, branch)))


HELD = checkpoint(8)
GOOD = request(8, 13)
EMPTY_BUT_NOT = signed(Checkpoint(ORIGIN, 0, bytes(32)))
BROKEN = GOOD.note[:-12] + ("AAAA" if GOOD.note[-12:-8] != "AAAA" else "BBBB") + GOOD.note[-8:]
ELSEWHERE = Checkpoint("log.example/b", 13, bytes(32))


@pytest.mark.parametrize(
    ("status", "asked", "held"),
    [
        (200, GOOD, HELD),
        (200, request(0, 13), None),
        (200, request(0, 0), None),
        (200, request(0, 0), checkpoint(0)),
        (200, request(0, 5), checkpoint(0)),
        (200, request(8, 8), HELD),
        (200, replace(GOOD, note=signed(checkpoint(13), OTHER, LOG)), HELD),
        (400, replace(GOOD, note="log.example/a\n13\n"), HELD),
        (400, replace(GOOD, note=GOOD.note.replace("\n13\n", "\n013\n")), HELD),
        (400, replace(GOOD, note=GOOD.note.replace("\n13\n", f"\n{1 << 63}\n")), HELD),
        (400, replace(GOOD, note=GOOD.note.replace("\n13\n", "\n13\n\nmore\n\n")), HELD),
        (400, replace(GOOD, old=14), checkpoint(14)),
        (403, replace(GOOD, note=signed(checkpoint(13), OTHER)), HELD),
        (403, replace(GOOD, note=BROKEN), HELD),
        (403, replace(GOOD, note=GOOD.note.replace("\n13\n", "\n14\n")), HELD),
        (404, replace(GOOD, note=signed(ELSEWHERE)), HELD),
        (409, replace(GOOD, old=7), HELD),
        (409, request(0, 13), HELD),
        (409, request(0, 0), HELD),
        (409, request(5, 13), None),
        (409, request(8, 8), checkpoint(13)),
        (422, replace(GOOD, proof=GOOD.proof[:-1]), HELD),
        (422, replace(GOOD, proof=(*GOOD.proof, bytes(32))), HELD),
        (422, replace(GOOD, proof=()), HELD),
        (422, replace(GOOD, proof=(bytes(32), *GOOD.proof[1:])), HELD),
        (422, replace(request(0, 13), proof=(bytes(32),)), None),
        (422, replace(request(8, 8), proof=(bytes(32),)), HELD),
        (422, request(25, 25, branch=2), checkpoint(25, branch=1)),
        (422, request(25, 30, branch=2), checkpoint(25, branch=1)),
        (422, Request(0, (), EMPTY_BUT_NOT), None),
    ],
)
def test_each_status_is_the_specifications(status, asked, held):
    said = witness.decide(asked, [LOG.key], held)

    if status == 200:
        assert isinstance(said, Accepted)
        assert said.checkpoint.text == said.note.text
        assert [(each.name, each.key_id) for each in said.note.verified] == [(ORIGIN, LOG.key.id)]
        return
    assert isinstance(said, Answer)
    assert said.status == status
    assert said.body.endswith("\n")
    if status == 409:
        assert (said.body, said.media_type) == (f"{held.size if held else 0}\n", "text/x.tlog.size")


def test_an_unknown_log_is_not_found_even_where_its_key_is_known_for_another():
    assert witness.decide(GOOD, [], HELD).status == 404


def test_a_second_key_of_the_same_log_may_sign_after_a_rotation():
    rotated = replace(GOOD, note=signed(checkpoint(13), OTHER))
    assert isinstance(witness.decide(rotated, [LOG.key, OTHER.key], HELD), Accepted)


@pytest.mark.parametrize("asked", [GOOD, request(0, 0), request(20, 33), request(33, 33)])
def test_a_request_is_read_as_it_was_written(asked):
    assert witness.parse(witness.write(asked)) == asked
    assert witness.origin_of(asked) == ORIGIN


HASH = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "old",
        "old ",
        "old -1",
        "old 08",
        "old ²",
        "old " + "9" * 40,
        "new 8",
        "old 8\nAAAA",
        f"old 8\n{HASH[:-2]}==",
        f"old 8\n{HASH[:-2]}B=",
        f"old 8\n {HASH[1:]}",
        "old 8" + f"\n{HASH}" * 64,
    ],
)
def test_what_is_not_of_the_form_is_no_request(head):
    with pytest.raises(RequestError):
        witness.parse(f"{head}\n\n{GOOD.note}".encode())


@pytest.mark.parametrize("body", [b"", b"old 8\n", b"\xff\n\n", b"old 8\r\n\r\n"])
def test_a_torn_body_is_no_request(body):
    with pytest.raises(RequestError):
        witness.parse(body)


def test_a_request_without_a_checkpoint_has_no_origin():
    with pytest.raises(RequestError, match="signatures are missing"):
        witness.origin_of(Request(8, (), "log.example/a\n"))


def test_the_specifications_own_request_and_answer_are_read():
    body = (
        "old 20852014\n"
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n"
        "example.com/behind-the-sofa\n20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zh"
        "cyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    ).encode()
    asked = witness.parse(body)
    assert (asked.old, len(asked.proof)) == (20852014, 4)
    assert witness.origin_of(asked) == "example.com/behind-the-sofa"
    assert witness.write(asked) == body


@pytest.mark.parametrize(
    "vkey",
    [
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    ],
)
def test_keys_of_other_cosigners_are_read(vkey):
    assert str(parse_key(vkey)) == vkey


SUM_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUM_NOTE = (
    "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n"
    "— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEP"
    "WL+o3GeoWwOoAw=\n"
)


def test_a_real_checkpoint_of_another_log_is_of_an_unknown_origin():
    """That log signs by another name than its origin, so no key here is trusted for it."""
    asked = Request(0, (), SUM_NOTE)
    assert witness.origin_of(asked) == "go.sum database tree"
    assert witness.decide(asked, [parse_key(SUM_KEY)], None).status == 404


class Witnessing(RuleBasedStateMachine):
    """Requests of honest logs, forked logs and strangers, in any order."""

    @initialize()
    def begin(self):
        self.held: Checkpoint | None = None
        self.accepted: list[tuple[int, int]] = []

    @rule(
        old=st.one_of(st.none(), st.integers(0, MOST)),
        new=st.integers(0, MOST),
        branch=st.integers(0, 2),
        proof_from=st.one_of(st.none(), st.integers(0, MOST)),
        proof_branch=st.one_of(st.none(), st.integers(0, 2)),
        signer=st.sampled_from([LOG, LOG, LOG, OTHER]),
    )
    def ask(self, old, new, branch, proof_from, proof_branch, signer):
        held = self.held.size if self.held else 0
        old = held if old is None else old
        start = old if proof_from is None else proof_from
        made = consistency(start, new, branch if proof_branch is None else proof_branch)
        asked = Request(old, made, signed(checkpoint(new, branch), signer))
        said = witness.decide(witness.parse(witness.write(asked)), [LOG.key], self.held)
        if isinstance(said, Accepted):
            assert signer is LOG
            self.held = said.checkpoint
            self.accepted.append((new, branch))
        elif said.status == 409:
            assert int(said.body) == held != old

    @rule(grown=st.integers(0, 5))
    def an_honest_log_that_follows_is_accepted(self, grown):
        size, branch = self.accepted[-1] if self.accepted else (0, 0)
        new = min(MOST, size + grown)
        said = witness.decide(request(size, new, branch), [LOG.key], self.held)
        assert isinstance(said, Accepted)
        self.held = said.checkpoint
        self.accepted.append((new, branch))

    @invariant()
    def everything_accepted_begins_what_is_held(self):
        if not self.accepted:
            return
        sizes = [size for size, _ in self.accepted]
        assert sizes == sorted(sizes)
        size, branch = self.accepted[-1]
        assert self.held == checkpoint(size, branch)
        for earlier, of in self.accepted:
            assert tree(of, earlier) == tree(branch, size)[:earlier]


TestWitnessing = Witnessing.TestCase
