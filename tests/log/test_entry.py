"""Entries: one line, hashed as written, nothing personal in them."""

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.log.entry import (
    MAX_ENTRY,
    MAX_EVIDENCE,
    Entry,
    EntryPledge,
    EntryPosting,
    EntryReads,
    commitment,
    decode,
    encode,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
found = st.builds(
    Entry,
    v=st.just(1),
    index=st.integers(0, 2**40),
    time=text,
    kind=text,
    event=text,
    corrects=st.none() | st.integers(0, 2**40),
    pledges=st.lists(
        st.builds(EntryPledge, text, st.integers(1), text, text, text, st.booleans()), max_size=3
    ).map(tuple),
    postings=st.lists(st.builds(EntryPosting, text, text, text, text), max_size=3).map(tuple),
    evidence=st.lists(text, max_size=MAX_EVIDENCE).map(tuple),
    reads=st.none() | st.builds(EntryReads, st.integers(1), text),
)


@given(found)
def test_an_entry_is_one_line_and_reads_back_as_it_was(entry: Entry) -> None:
    body = encode(entry)

    assert b"\n" not in body
    assert decode(body) == entry
    assert encode(decode(body)) == body


def test_an_entry_is_written_like_this() -> None:
    entry = Entry(
        1,
        7,
        "2026-05-20T12:00:00.000000Z",
        "pledge",
        "ab12",
        pledges=(EntryPledge("bowls", 1, "1/3"),),
        postings=(EntryPosting("external", "charity/harbor-table/owed/meals/bowls", "meal", "1"),),
    )

    assert encode(entry) == (
        b'{"v":1,"index":7,"time":"2026-05-20T12:00:00.000000Z","kind":"pledge","event":"ab12",'
        b'"pledges":[{"campaign":"bowls","version":1,"share":"1/3"}],'
        b'"postings":[{"debit":"external","credit":"charity/harbor-table/owed/meals/bowls",'
        b'"unit":"meal","value":"1"}]}'
    )


def test_a_part_of_a_split_is_held_and_a_delivery_shown_like_this() -> None:
    part = EntryPledge("bowls", 1, "1/3", "cap", "harbor-table", held=True)
    shown = Entry(1, 8, "2026-05-20T12:00:00.000000Z", "delivery", evidence=("cd" * 32,))

    assert encode(Entry(1, 7, "", "pledge", pledges=(part,))).endswith(
        b'"share":"1/3","limited":"cap","charity":"harbor-table","held":true}]}'
    )
    assert encode(shown).endswith(b'"kind":"delivery","evidence":["' + b"cd" * 32 + b'"]}')


def test_reads_are_shown_like_this() -> None:
    entry = Entry(1, 9, "", "pledge", reads=EntryReads(12, "ab" * 32))

    assert encode(entry).endswith(
        b'"kind":"pledge","reads":{"count":12,"root":"' + b"ab" * 32 + b'"}}'
    )


def test_an_entry_with_more_evidence_than_there_may_be_is_refused() -> None:
    with pytest.raises(AssertionError, match="entry 3: too much evidence"):
        encode(Entry(1, 3, "", "delivery", evidence=("cd" * 32,) * 21))


def test_an_entry_too_long_for_a_tile_is_refused() -> None:
    with pytest.raises(AssertionError, match="entry 3: "):
        encode(Entry(1, 3, "", "x" * MAX_ENTRY))


@given(st.binary(min_size=16, max_size=16), text, text)
def test_a_commitment_opens_with_its_salt_and_with_no_other(
    salt: bytes, source: str, ref: str
) -> None:
    sealed = commitment(salt, source, ref)

    assert sealed == hmac.new(salt, f"{source}\n{ref}".encode(), sha256).hexdigest()
    assert sealed != commitment(bytes(16) if any(salt) else bytes([1]) * 16, source, ref)


def test_two_events_never_share_a_commitment_under_one_salt() -> None:
    pairs = [("shop", "1"), ("shop1", ""), ("sho", "p1"), ("shop", "2")]

    assert len({commitment(b"salt", *pair) for pair in pairs}) == len(pairs)
