"""Policies: whose signatures make a checkpoint good, by the words of C2SP tlog-policy."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from almoner.log import note, policy
from almoner.log.note import Signature, Signer, open_note
from almoner.log.policy import Policy, PolicyError
from tests.log.model import signer, witness

LOG = signer()
WITNESSES = [witness(f"w{number}.example", number + 2) for number in range(6)]
NAMES = [f"w{number}" for number in range(6)]
LINES = "\n".join(f"witness {name} {each.key}" for name, each in zip(NAMES, WITNESSES, strict=True))
WORDS = "log witness group quorum none any all 1 # a b".split()
WORDS += [str(LOG.key), str(WITNESSES[0].key), str(WITNESSES[1].key)]


def cosigned(text: str, by: set[str]) -> tuple[Signature, ...]:
    return tuple(
        each.cosign(text, 1) for name, each in zip(NAMES, WITNESSES, strict=True) if name in by
    )


# A policy is the model's tree: a witness's name, or how many of which parts are needed.
Tree = str | tuple[int, list["Tree"]]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A quorum over some of the witnesses, each of them in one place."""
    parts: list[Tree] = [*draw(st.permutations(NAMES))[: draw(st.integers(1, 6))]]
    for _ in range(draw(st.integers(0, 4))):
        taken = draw(st.integers(1, len(parts)))
        parts = [*parts[taken:], (draw(st.integers(1, taken)), parts[:taken])]
    return parts[-1]


def holds(tree: Tree, by: set[str]) -> bool:
    if isinstance(tree, str):
        return tree in by
    least, parts = tree
    return sum(holds(part, by) for part in parts) >= least


def lines(tree: Tree, made: list[str]) -> str:
    """The name of a tree in a policy, whose lines are added to `made`."""
    if isinstance(tree, str):
        return tree
    least, parts = tree
    members = " ".join(lines(part, made) for part in parts)
    name = f"group-{len(made)}"
    words = {1: "any", len(parts): "all"}
    made.append(f"group {name} {words.get(least, least)} {members}")
    return name


@given(trees(), st.sets(st.sampled_from(NAMES)))
def test_a_quorum_is_met_when_its_words_say_so(tree: Tree, by: set[str]) -> None:
    made: list[str] = []
    name = lines(tree, made)

    found = policy.parse("\n".join([LINES, *made, f"quorum {name}"]))

    assert found.is_met(cosigned("text\n", by)) == holds(tree, by)
    assert found.cosigners(cosigned("text\n", by)) == by


@given(st.text() | st.lists(st.lists(st.sampled_from(WORDS)).map(" ".join)).map("\n".join))
@example("witness a " + "a" * 10_000)
def test_any_text_is_a_policy_or_an_error_that_says_why(text: str) -> None:
    with suppress(PolicyError):
        policy.parse(text)


# By example


def test_the_example_of_the_specification_reads_as_it_is_meant() -> None:
    keys = [each.key for each in WITNESSES]
    found = policy.parse(f"""
        log {LOG.key}

        witness X1 {keys[0]}
        witness X2 {keys[1]} https://x2.example/
        witness X3 {keys[2]}
        group X-witnesses 2 X1 X2 X3

        # Another organisation.
        witness Y1 {keys[3]}
        witness Y2 {keys[4]}
        witness Y3 {keys[5]}
        group Y-witnesses any Y1 Y2 Y3

        group X-and-Y all X-witnesses Y-witnesses
        quorum X-and-Y
    """)

    assert found.logs == (LOG.key,)
    assert found.keys == (LOG.key, *keys)
    assert [each.url for each in found.witnesses] == ["", "https://x2.example/", "", "", "", ""]
    assert found.is_met(cosigned("text\n", {"w0", "w2", "w4"}))
    assert not found.is_met(cosigned("text\n", {"w0", "w1", "w2"}))
    assert not found.is_met(cosigned("text\n", {"w0", "w3", "w4", "w5"}))


def test_a_quorum_of_none_asks_for_nobody() -> None:
    assert policy.parse("quorum none\n").is_met(())
    assert Policy().is_met(())


def test_a_single_witness_can_be_the_quorum() -> None:
    found = policy.parse(f"{LINES}\nquorum w3\n")

    assert found.is_met(cosigned("text\n", {"w3"}))
    assert not found.is_met(cosigned("text\n", {"w0", "w1"}))


def test_only_a_cosignature_that_was_verified_counts() -> None:
    """A note's text may carry the lines; `open_note` is what gives those that hold."""
    found = policy.parse(f"log {LOG.key}\n{LINES}\nquorum w0\n")
    forged = Signature(WITNESSES[0].name, WITNESSES[0].key.id, bytes(72))
    stranger = Signer(WITNESSES[0].name, witness("", 9).private, WITNESSES[0].algorithm)
    text = "text\n"

    with pytest.raises(note.NoteError, match="does not hold"):
        open_note(note.write(text, [LOG.sign(text), forged]), found.keys)
    opened = open_note(note.write(text, [LOG.sign(text), stranger.cosign(text, 1)]), found.keys)
    assert not found.is_met(opened.verified)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "line 1 of the policy: write log, witness, group or quorum"),
        ("log", "line 1 of the policy: write log"),
        (f"log {LOG.key} https://a b", "line 1 of the policy: write log"),
        ("log x", "line 1 of the policy: 'x' is not a verifier key"),
        (f"witness a {LOG.key}", "has a key that does not cosign .type 0x01"),
        (f"witness none {WITNESSES[0].key}", "'none' is not a name"),
        (f"witness a+b {WITNESSES[0].key}", r"'a\+b' is not a name"),
        (f"{LINES}\nwitness w1 {witness('x.example', 99).key}", "line 7 .*'w1' is there twice"),
        (f"{LINES}\ngroup w1 any w2", "line 7 of the policy: 'w1' is there twice"),
        (f"{LINES}\ngroup g any", "line 7 of the policy: write log"),
        (f"{LINES}\ngroup g any w1 nobody", "no witness or group before this line is called"),
        (f"{LINES}\ngroup g any g", "no witness or group before this line is called 'g'"),
        (f"{LINES}\ngroup g any none", "no witness or group before this line is called 'none'"),
        (f"{LINES}\ngroup g 2 w1 w1", "line 7 of the policy: a group names each member once"),
        (f"{LINES}\ngroup g 0 w1", "'0' is not any, all or a number up to 1"),
        (f"{LINES}\ngroup g 3 w1 w2", "'3' is not any, all or a number up to 2"),
        (f"{LINES}\ngroup g some w1 w2", "'some' is not any, all or a number up to 2"),
        (f"{LINES}\ngroup g ٢ w1 w2", "'٢' is not any, all or a number up to 2"),
        (f"{LINES}\ngroup g {'9' * 5000} w1 w2", "is not any, all or a number up to 2"),
        ("", "the policy has no quorum"),
        (LINES, "the policy has no quorum"),
        ("quorum none\nquorum none", "line 2 of the policy: the quorum is none already"),
        ("quorum none # not yet", "line 1 of the policy: write log, witness, group or quorum"),
        (f"{LINES}\nquorum w1\r\n", "line 7 of the policy: it holds a control character"),
        ("# a\x0cquorum none", "line 1 of the policy: it holds a control character"),
        (f"{LINES}\n# all of them:\u2028quorum none\n", "the policy has no quorum"),
        ("quorum\u00a0none\n", "line 1 of the policy: write log"),
        (f"{LINES}\nquorum nobody", "line 7 of the policy: no witness or group is called 'nobody'"),
        (f"quorum w1\n{LINES}", "line 1 of the policy: no witness or group is called 'w1'"),
    ],
)
def test_what_is_no_policy_is_refused_by_its_line(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        policy.parse(text)


def test_groups_of_groups_however_deep_are_counted() -> None:
    groups = [f"group g{n} any {f'g{n - 1}' if n else 'w0'}" for n in range(5000)]
    found = policy.parse("\n".join([LINES, *groups, "quorum g4999"]))

    assert found.is_met(cosigned("text\n", {"w0"}))
    assert not found.is_met(cosigned("text\n", {"w1"}))


def test_one_witness_never_counts_as_two() -> None:
    key = WITNESSES[0].key
    renamed = witness("other.example", 2).key  # the same public key

    for line in (f"witness twin {key}", f"witness twin {renamed}"):
        with pytest.raises(PolicyError, match=r"line 7 .* has the public key of w0\.example"):
            policy.parse(f"{LINES}\n{line}\ngroup g all w0 twin\nquorum g")
    with pytest.raises(PolicyError, match="line 8 of the policy: 'w0' is in a group already"):
        policy.parse(f"{LINES}\ngroup a any w0\ngroup b 2 w0 a\nquorum b")
    with pytest.raises(PolicyError, match="line 8 of the policy: 'w0' is in a group already"):
        policy.parse(f"{LINES}\ngroup a any w0 w1\ngroup b any w0 w2\nquorum b")


def test_a_log_is_named_once_and_by_a_key_that_signs() -> None:
    with pytest.raises(PolicyError, match=r"line 2 .* has the public key of giving\.example/log"):
        policy.parse(f"log {LOG.key}\nlog {signer('other.example').key}\nquorum none")
    with pytest.raises(PolicyError, match="has a key that cosigns, it does not sign a log"):
        policy.parse(f"log {WITNESSES[0].key}\nquorum none")
