"""Signed notes: what they promise, what others' notes say, what no note can do."""

from base64 import b64decode, b64encode
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from almoner.log import note
from almoner.log.note import (
    COSIGNATURE,
    ED25519,
    MAX_SIGNATURES,
    NoteError,
    Signature,
    Signer,
    VerifierKey,
    open_note,
    parse_key,
)
from tests.log.model import ORIGIN, flips, signer, vectors, witness

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
TEXTS = st.lists(LINES, min_size=1, max_size=5).map(lambda lines: "\n".join(lines) + "\n")
NAMES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12).filter(
    lambda name: "+" not in name
)
SEEDS = st.integers(1, 255)
SIGNERS = st.builds(signer, NAMES, SEEDS)
WITNESSES = st.builds(witness, NAMES, SEEDS)
TIMES = st.integers(0, 2**63 - 1)
LOG = signer()


# What every note promises


@given(TEXTS, SIGNERS, st.lists(st.tuples(WITNESSES, TIMES), max_size=3))
def test_what_was_signed_opens_with_its_text_and_signers(
    text: str, log: Signer, cosigners: list[tuple[Signer, int]]
) -> None:
    made = [log.sign(text), *(each.cosign(text, time) for each, time in cosigners)]
    keys = [log.key, *(each.key for each, _ in cosigners)]

    opened = open_note(note.write(text, made), keys)

    assert opened.text == text
    names = {(each.name, each.key_id) for each in made}
    assert {(each.name, each.key_id) for each in opened.verified} == names


@given(SIGNERS | WITNESSES)
def test_a_key_reads_back_as_it_was_written(made: Signer) -> None:
    assert parse_key(str(made.key)) == made.key


@given(TEXTS, TIMES)
def test_a_cosignature_says_when(text: str, time: int) -> None:
    made = witness("w.example", 2).cosign(text, time)

    assert made.time == time
    assert open_note(note.write(text, [made]), [witness("w.example", 2).key]).verified == (made,)


def test_no_bit_of_a_note_can_be_flipped() -> None:
    text = "giving.example/log\n1\nx\n"
    key, other = LOG.key, witness("w.example", 2)
    whole = note.write(text, [LOG.sign(text), other.cosign(text, 1_790_000_000)])

    for flipped in flips(whole.encode()):
        # One in the name or id of a signature makes it another's; the other signer still stands.
        with suppress(NoteError, UnicodeDecodeError):
            opened = open_note(flipped.decode(), [key, other.key])
            assert opened.text == text
            assert len(opened.verified) == 1


@given(TEXTS, TEXTS)
def test_a_signature_is_for_its_text_alone(text: str, another: str) -> None:
    forged = note.write(another, [LOG.sign(text)])

    if text != another:
        with pytest.raises(NoteError, match="does not hold"):
            open_note(forged, [LOG.key])


@given(st.text())
@example("")
@example("\n\n")
@example("\n\n— a QQ==\n")
@example("a\n\n— a +AAAAAAA\n")
@example("\ud800\n\n— a AAAAAAAA\n")
def test_any_text_is_a_note_or_an_error_that_says_why(text: str) -> None:
    with suppress(NoteError):
        note.split(text)
    with pytest.raises(NoteError):
        open_note(text, [LOG.key])


@given(st.text(), st.text(), st.binary())
@example("a", "00000000", b"")
def test_any_text_is_a_key_or_an_error_that_says_why(name: str, shown: str, made: bytes) -> None:
    for text in (name, f"{name}+{shown}", f"{name}+{shown}+{b64encode(made).decode()}"):
        with suppress(NoteError):
            parse_key(text)


@given(st.binary(max_size=120), NAMES)
def test_a_signature_line_by_anybody_is_passed_over(blob: bytes, name: str) -> None:
    text = "text\n"
    line = f"— {name} {b64encode(bytes(5) + blob).decode()}\n"
    made = note.write(text, [LOG.sign(text)])

    assert open_note(made + line, [LOG.key]).verified == (LOG.sign(text),)


# Public vectors


def test_the_notes_of_the_go_checksum_database_give_their_verdicts() -> None:
    for case in vectors("xmod-constants/notes.json")["notes"]:
        keys = [parse_key(each) for each in case["vkeys"]]
        raw = bytes.fromhex(case["msg_hex"]) if "msg_hex" in case else case["msg"].encode()
        if not case["ok"]:
            # One that is no UTF-8 is no text, so it does not come as far as a note.
            with pytest.raises((NoteError, UnicodeDecodeError)):
                open_note(raw.decode(), keys)
            continue
        opened = open_note(raw.decode(), keys)
        assert [each.name for each in opened.verified] == case["verified"]
        unverified = [each.name for each in note.split(raw.decode())[1]]
        assert unverified == case["verified"] + case.get("unverified", [])


def test_the_go_signing_key_makes_the_go_signature() -> None:
    found = vectors("xmod-constants/notes.json")
    name, shown, encoded = found["signing_key"].removeprefix("PRIVATE+KEY+").split("+", 2)
    seed = b64decode(encoded)[1:]
    made = Signer(name, Ed25519PrivateKey.from_private_bytes(seed))
    text, signatures = note.split(found["notes"][0]["msg"])

    assert made.key.id.hex() == shown
    assert str(made.key) == found["notes"][0]["vkeys"][0]
    assert made.sign(text) == signatures[0]


def test_the_wrong_keys_of_go_and_of_formats_are_refused() -> None:
    wrong = vectors("xmod-constants/notes.json")["bad_vkeys"]
    wrong += vectors("formats-constants/checkpoints.json")["vkeys_bad"]

    for text in wrong:
        if text.startswith("PeterNeumann+173116ae"):
            # Algorithm 0x65 is nobody's: the key is well formed, and verifies nothing.
            unknown = parse_key(text)
            assert unknown.algorithm == 0x65
            with pytest.raises(NoteError, match="no known key"):
                open_note(vectors("xmod-constants/notes.json")["notes"][0]["msg"], [unknown])
        else:
            with pytest.raises(NoteError):
                parse_key(text)


def test_the_example_of_the_specification_opens() -> None:
    found = vectors("c2sp-spec-examples/examples.json")["note"]

    opened = open_note(found["msg"], [parse_key(found["vkey"])])

    assert opened.text == "This is an example message.\n"


def test_each_ed25519_edge_case_has_the_verdict_that_its_flags_say() -> None:
    """Accepted is what the equation without cofactor holds for, byte for byte.

    So R must be canonical and nothing may be left in the small subgroup; a public key that
    is of low order or not canonical is taken as it is, and so are low-order R and components.
    (A verifier key is read by `parse_key`, which refuses those of low order before.)
    """
    refused = {"non_canonical_R", "low_order_residue"}
    verdicts = {True: 0, False: 0}

    for case in vectors("cctv-ed25519/ed25519vectors.json"):
        key = VerifierKey("edge.example", ED25519, bytes.fromhex(case["key"]))
        made = Signature(key.name, key.id, bytes.fromhex(case["sig"]))
        expected = not refused & set(case["flags"] or [])
        verdicts[expected] += 1
        if expected:
            note.verify(case["msg"], made, key)
        else:
            with pytest.raises(NoteError, match="does not hold"):
                note.verify(case["msg"], made, key)

    assert verdicts == {True: 208, False: 706}


# Promises by example


def test_a_known_key_that_fails_rejects_the_note_whoever_else_signed() -> None:
    text, other = "text\n", signer("other.example", 2)
    made = note.write(text, [LOG.sign(text), other.sign("another\n")])

    with pytest.raises(NoteError, match=r"the signature of other\.example\+.* does not hold"):
        open_note(made, [LOG.key, other.key])
    assert open_note(made, [LOG.key]).verified == (LOG.sign(text),)


def test_a_note_that_nobody_known_signed_is_refused_and_names_who_did() -> None:
    with pytest.raises(NoteError, match=r"no known key .* only stranger\.example\+"):
        open_note(note.write("text\n", [signer("stranger.example", 3).sign("text\n")]), [LOG.key])


def test_a_key_of_another_name_with_the_same_bytes_is_another_key() -> None:
    made = note.write("text\n", [signer("one.example", 1).sign("text\n")])

    with pytest.raises(NoteError, match="no known key"):
        open_note(made, [signer("two.example", 1).key])


def test_a_key_that_signs_never_passes_for_one_that_cosigns() -> None:
    key = witness(ORIGIN, 1).key

    with pytest.raises(NoteError, match="no known key"):
        open_note(note.write("text\n", [LOG.sign("text\n")]), [key])
    with pytest.raises(AssertionError, match="cosigns, it does not sign"):
        witness(ORIGIN, 1).sign("text\n")
    with pytest.raises(AssertionError, match="signs, it does not cosign"):
        LOG.cosign("text\n", 1)


def test_a_cosignature_whose_time_was_moved_is_refused() -> None:
    other = witness("w.example", 2)
    made = other.cosign("text\n", 1_790_000_000)
    moved = Signature(made.name, made.key_id, (1_790_000_001).to_bytes(8, "big") + made.blob[8:])

    with pytest.raises(NoteError, match="does not hold"):
        open_note(note.write("text\n", [moved]), [other.key])


@pytest.mark.parametrize("algorithm", [ED25519, COSIGNATURE])
@pytest.mark.parametrize("size", [1, 7, 8, 63, 65, 71, 73])
def test_a_signature_of_another_length_does_not_hold(algorithm: int, size: int) -> None:
    made = Signer(ORIGIN, LOG.private, algorithm)

    with pytest.raises(NoteError, match="does not hold"):
        note.verify("text\n", Signature(ORIGIN, made.key.id, bytes(size)), made.key)


def test_a_signature_by_an_algorithm_of_tomorrow_is_passed_over() -> None:
    key = VerifierKey(ORIGIN, 0x06, bytes(1312))
    unknown = Signature(ORIGIN, key.id, bytes(2428))

    made = note.write("text\n", [unknown, LOG.sign("text\n")])

    assert open_note(made, [LOG.key, key]).verified == (LOG.sign("text\n"),)
    assert parse_key(str(key)) == key


def test_the_text_is_all_before_the_last_empty_line() -> None:
    text = "one\n\n\ntwo\n\n"

    assert open_note(note.write(text, [LOG.sign(text)]), [LOG.key]).text == text


def test_two_keys_of_one_name_and_hash_are_refused() -> None:
    # Four bytes are soon found twice; here the hash is made the same by hand.
    class Colliding(VerifierKey):
        id = b"\x00\x00\x00\x01"

    one, two = Colliding("a.example", 1, bytes(32)), Colliding("a.example", 1, bytes([1] * 32))

    with pytest.raises(NoteError, match=r"two keys of a\.example have the hash 00000001"):
        open_note(note.write("text\n", [LOG.sign("text\n")]), [one, two])
    assert open_note(note.write("text\n", [LOG.sign("text\n")]), [LOG.key, LOG.key, one])


def test_sixteen_signatures_are_read_and_a_flood_is_not() -> None:
    made = [signer(f"s{n}.example", n + 1).sign("text\n") for n in range(MAX_SIGNATURES)]
    keys = [signer(f"s{n}.example", n + 1).key for n in range(MAX_SIGNATURES)]

    assert len(open_note(note.write("text\n", made[:16]), keys).verified) == 16
    assert len(open_note(note.write("text\n", made), keys).verified) == MAX_SIGNATURES
    with pytest.raises(NoteError, match="65 signatures, over 64"):
        open_note(note.write("text\n", [*made, LOG.sign("text\n")]), keys)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * note.MAX_NOTE + "\n\n— a AAAAAAA=\n", "too long"),
        ("text\r\n\n— a AAAAAAA=\n", "control characters"),
        ("text\n— a AAAAAAA=\n", "an empty line and signatures are missing"),
        ("text\n\n— a AAAAAAA=", "an empty line and signatures are missing"),
        ("text\n\n- a AAAAAAA=\n", "is not a signature line"),
        ("text\n\n— a b AAAAAAA=\n", "is not a signature line"),
        ("text\n\n— a+b AAAAAAA=\n", "is not a key name"),
        ("text\n\n— a\u00a0b AAAAAAA=\n", "is not a key name"),
        ("text\n\n— a AAAAA\n", "is not base64"),
        ("text\n\n— a AAAAAAB=\n", "is not canonical base64"),
        ("text\n\n— a AAAAAA==\n", "is too short"),
    ],
)
def test_what_is_no_note_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(NoteError, match=said):
        note.split(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.example", "is not a verifier key"),
        ("a.example+00000000", "is not a verifier key"),
        ("a.example+0000000G+AAAA", "is not a verifier key"),
        ("a.example+00000000+AQ==", "is empty"),
        ("a.example+00000000+AQEB", "has the hash"),
        ("a.example+00000000+é", "is not base64"),
        ("+00000000+AQEB", "is not a key name"),
        (str(VerifierKey("a.example", ED25519, b"short")), "is 5 bytes long, not 32"),
        (str(VerifierKey("a.example", COSIGNATURE, b"short")), "is 5 bytes long, not 32"),
    ],
)
def test_what_is_no_key_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(NoteError, match=said):
        parse_key(text)


def test_a_note_is_not_written_without_a_signature_or_a_line() -> None:
    with pytest.raises(AssertionError, match="needs a signature"):
        note.write("text\n", [])
    with pytest.raises(AssertionError, match="ends with a line break"):
        note.write("text", [LOG.sign("text")])


def test_half_of_a_surrogate_pair_is_refused_before_it_is_hashed() -> None:
    line = str(LOG.sign("text\n"))

    with pytest.raises(NoteError, match="control characters"):
        open_note(f"\ud800\n\n{line}", [LOG.key])
    with pytest.raises(NoteError, match="is not a key name"):
        parse_key("a\udfff+00000000+" + b64encode(bytes([1] * 33)).decode())


def test_a_cosignature_of_no_time_that_there_is_is_refused() -> None:
    other = witness("w.example", 2)
    time = 2**63
    made = other.private.sign(f"cosignature/v1\ntime {time}\ntext\n".encode())
    late = Signature(other.name, other.key.id, time.to_bytes(8, "big") + made)

    with pytest.raises(NoteError, match=r"the cosignature of w\.example is of no time"):
        open_note(note.write("text\n", [LOG.sign("text\n"), late]), [LOG.key, other.key])
    for time in (-1, 2**63):
        with pytest.raises(AssertionError, match=r"w\.example cosigns at"):
            other.cosign("text\n", time)


def test_a_known_key_that_fails_the_second_time_rejects_the_note() -> None:
    first, second = LOG.sign("text\n"), LOG.sign("another\n")

    with pytest.raises(NoteError, match="does not hold"):
        open_note(note.write("text\n", [first, second]), [LOG.key])
    assert open_note(note.write("text\n", [first, first]), [LOG.key]).verified == (first,)


def test_a_key_that_anybody_can_sign_for_is_refused() -> None:
    keys = {
        (case["key"], "low_order_A" in (case["flags"] or []))
        for case in vectors("cctv-ed25519/ed25519vectors.json")
    }

    for public, is_low in keys:
        for algorithm in (ED25519, COSIGNATURE):
            text = str(VerifierKey("edge.example", algorithm, bytes.fromhex(public)))
            if is_low:
                with pytest.raises(NoteError, match="is one that anybody can sign for"):
                    parse_key(text)
            else:
                assert parse_key(text).public.hex() == public
    assert sum(is_low for _, is_low in keys) == 14
