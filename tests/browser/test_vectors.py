"""The browser's verifier against the vectors of others, in a real browser.

Each test hands all its cases to `verify.js` at once and compares every verdict.
"""

import json
import re
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from tests.browser.published import published
from tests.log.model import VECTORS, vectors

pytestmark = pytest.mark.browser

TESSERA = VECTORS / "tessera-testdata-log/log"
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

# What every snippet below finds: the module, and short ways to write bytes and verdicts.
PRELUDE = """
const verify = await import("/static/web/proof/verify.js");
const { fromBase64, fromHex, hex, textOf } = verify;
const b = (text) => fromBase64(text, "It");
const verdict = async (run) => {
  try {
    await run();
    return "";
  } catch (error) {
    if (!(error instanceof verify.ProofError)) throw error;
    return error.message;
  }
};
"""


@pytest.fixture
def run(page, serve_log):
    """Runs a snippet in the browser over `cases`, with the verifier at hand."""
    page.goto(serve_log(published(9)).url + "/blank/")

    def _run(snippet: str, cases: object) -> object:
        return page.evaluate(f"async (cases) => {{ {PRELUDE} {snippet} }}", cases)

    return _run


def test_the_reference_tree_has_its_hashes_nodes_and_roots(run):
    tree = vectors("rfc6962-reference/tree.json")
    found = run(
        """
        const leaves = await Promise.all(
          cases.leaf_inputs_hex.map((leaf) => verify.leafHash(fromHex(leaf, "It"))));
        const nodes = [leaves];
        while (nodes.at(-1).length > 1) {
          const row = nodes.at(-1);
          nodes.push(await Promise.all(row.filter((_, at) => at % 2).map(
            (right, at) => verify.nodeHash(row[2 * at], right))));
        }
        const roots = [hex(await verify.emptyRoot())];
        for (let size = 1; size <= leaves.length; size += 1) {
          const parts = verify.perfect(0, size).map(({ level, index }) => nodes[level][index]);
          roots.push(hex(await verify.fold(parts)));
        }
        return { nodes: nodes.map((row) => row.map(hex)), roots };
        """,
        tree,
    )
    assert found["nodes"] == tree["node_hashes_hex_by_level"]
    assert found["roots"] == tree["root_by_size_hex"]


def cases_of(kind: str) -> list[dict]:
    """Every case of transparency-dev's folder, with its name."""
    folder = VECTORS / "transparency-dev-merkle" / kind
    return [
        {"name": str(path.relative_to(folder)), **json.loads(path.read_text())}
        for path in sorted(folder.rglob("*.json"))
    ]


def test_inclusion_proofs_have_the_verdicts_of_transparency_dev(run):
    cases = cases_of("inclusion")
    said = run(
        """
        return Promise.all(cases.map((each) => verdict(() => verify.verifyInclusion(
          BigInt(each.leafIdx), BigInt(each.treeSize), b(each.leafHash ?? ""),
          (each.proof ?? []).map(b), b(each.root ?? "")))));
        """,
        [
            {**case, "leafIdx": str(case["leafIdx"]), "treeSize": str(case["treeSize"])}
            for case in cases
        ],
    )
    wrong = [
        (case["name"], text)
        for case, text in zip(cases, said, strict=True)
        if bool(text) != case["wantErr"]
    ]
    assert wrong == []
    assert len(cases) == 98


def padded(text: str | None) -> str:
    """The 12-byte placeholders that some cases have for roots, as hashes of 32 bytes.

    Those cases are about sizes and the length of a proof, and a hash of another length is
    refused here before either is looked at.
    """
    made = b64decode(text or "")
    return b64encode(made.ljust(32, b"\0") if len(made) == 12 else made).decode()


def test_consistency_proofs_have_the_verdicts_of_transparency_dev(run):
    """But that a tree without entries, `size1` = 0, has no proof here."""
    cases = cases_of("consistency")
    said = run(
        """
        return Promise.all(cases.map((each) => verdict(() => verify.verifyConsistency(
          BigInt(each.size1), BigInt(each.size2), b(each.root1), b(each.root2),
          (each.proof ?? []).map(b)))));
        """,
        [
            {
                **case,
                "size1": str(case["size1"]),
                "size2": str(case["size2"]),
                "root1": padded(case["root1"]),
                "root2": padded(case["root2"]),
            }
            for case in cases
        ],
    )
    wrong = [
        (case["name"], text)
        for case, text in zip(cases, said, strict=True)
        if bool(text) != (case["wantErr"] or case["size1"] == 0)
    ]
    assert wrong == []
    assert len(cases) == 98


def test_a_whole_log_of_another_maker_is_read_and_every_size_begins_the_next(page, serve_log, run):
    """Tessera's log through `log.js`: keys, checkpoints, tiles, bundles, consistency."""
    site = serve_log(published(9))
    for path in TESSERA.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            name = f"/tessera/{path.relative_to(TESSERA)}"
            site.extra[name] = ("application/octet-stream", path.read_bytes())
    page.goto(site.url + "/blank/")
    leaves, roots = page.evaluate(
        f"""async (vkey) => {{
        {PRELUDE}
        const {{ Log, Tree }} = await import("/static/web/proof/log.js");
        const log = new Log(new URL("/tessera/", location).href);
        const keys = [await verify.parseKey(vkey)];
        const leaves = [], roots = [];
        let before;
        for (let size = 0; size <= 15; size += 1) {{
          const note = textOf(new Uint8Array(
            await (await fetch(`/tessera/checkpoint.${{size}}`)).arrayBuffer()), "It");
          const {{ checkpoint }} = await verify.openCheckpoint(note, keys);
          if (checkpoint.size !== size) throw new Error(`${{checkpoint.size}}, not ${{size}}`);
          const tree = new Tree(log, checkpoint);
          await tree.open();
          if (size) {{
            const entries = await log.entries(0, size);
            leaves.push(hex(await verify.leafHash(entries[size - 1])));
          }}
          if (before) {{
            const ranges = verify.consistencyRanges(before.size, size);
            const proof = await Promise.all(ranges.map(([a, z]) => tree.root(a, z)));
            await verify.verifyConsistency(before.size, size, before.root, checkpoint.root, proof);
          }}
          if (size) before = checkpoint;
          roots.push(hex(checkpoint.root));
        }}
        return [leaves, roots];
        }}""",
        TESSERA_KEY,
    )
    tile = (TESSERA / "tile/0/000.p/15").read_bytes().hex()
    assert "".join(leaves) == tile
    assert len(set(roots)) == 16


def test_notes_have_the_verdicts_of_go(run):
    """One is refused there for having more than 100 signatures, here for more than 64."""
    given = vectors("xmod-constants/notes.json")
    said = run(
        """
        const notes = [];
        for (const { vkeys, msg } of cases.notes) {
          const keys = await Promise.all(vkeys.map(verify.parseKey));
          try {
            const { verified } = await verify.openNote(msg, keys);
            notes.push(verified.map(({ key }) => key.name));
          } catch (error) {
            notes.push(error.message);
          }
        }
        const bad = await Promise.all(cases.bad_vkeys.map(
          (key) => verdict(() => verify.parseKey(key))));
        return { notes, bad };
        """,
        given,
    )
    for case, found in zip(given["notes"], said["notes"], strict=True):
        assert (found == case["verified"]) if case["ok"] else isinstance(found, str), case["msg"]
    # The second is of an algorithm of tomorrow: its key is read, and its signatures passed over.
    assert said["bad"] == ["The key of PeterNeumann is not base64.", ""]


def test_checkpoints_of_a_public_log_open_with_their_keys(run):
    given = vectors("formats-constants/checkpoints.json")
    said = run(
        """
        const opened = [];
        for (const { vkey, more_vkeys = [], note } of cases.checkpoints) {
          const keys = await Promise.all([vkey, ...more_vkeys].map(verify.parseKey));
          const { text, verified } = await verify.openNote(note, keys);
          const { origin, size } = await verify.parseCheckpoint(text);
          opened.push([origin, size, verified.length]);
        }
        const good = await Promise.all(cases.cosigner_vkeys_ok.map(
          async (key) => (await verify.parseKey(key)).algorithm));
        const bad = await Promise.all(cases.vkeys_bad.map(
          (key) => verdict(() => verify.parseKey(key))));
        return { opened, good, bad };
        """,
        given,
    )
    assert said["opened"] == [
        [each["origin"], each["size"], each.get("verified", 1)] for each in given["checkpoints"]
    ]
    assert said["good"] == [1, 4]
    assert all(said["bad"])


def test_proof_files_are_read_as_their_makers_read_them(run):
    given = vectors("formats-constants/tlog_proof.json")
    said = run(
        """
        return {
          good: cases.ok.map(({ text }) => {
            const { index, hashes, checkpoint, extra } = verify.parseProof(text);
            return { index, hashes: hashes.map(verify.toBase64), checkpoint,
              extra: verify.toBase64(extra) };
          }),
          bad: await Promise.all(cases.bad.map((text) => verdict(() => verify.parseProof(text)))),
        };
        """,
        given,
    )
    expected = [
        {name: each.get(name, "") for name in ("index", "hashes", "checkpoint", "extra")}
        for each in given["ok"]
    ]
    assert said["good"] == expected
    assert all(said["bad"])


def test_the_examples_of_the_specifications_hold(run):
    given = vectors("c2sp-spec-examples/examples.json")
    said = run(
        """
        const key = await verify.parseKey(cases.note.vkey);
        const { text } = await verify.openNote(cases.note.msg, [key]);
        return { text, path: verify.tilePath(0, 1234067) };
        """,
        given,
    )
    assert said["text"] == "This is an example message.\n"
    assert said["path"] == f"tile/0/{given['tile_index']['1234067']}"


def test_tile_paths_are_those_of_go_without_their_height(run):
    """Go writes `tile/<H>/<L>/…`: here H is always 8, so the element is left out, and with it
    the widths, which depend on it; `data` is `entries`. Paths that are no tile's are what
    nothing here ever reads, for only numbers are made into paths."""
    cases = [each for each in vectors("xmod-constants/tile_paths.json") if "N" in each]
    wanted, asked = [], []
    for each in cases:
        level = "entries" if each["L"] < 0 else each["L"]
        rest = each["xmod_path"].split("/", 3)[3]
        width = each["W"] if ".p/" in rest else 256
        wanted.append(f"tile/{level}/{rest}")
        asked.append([level, each["N"], width])
    assert run("return cases.map((each) => verify.tilePath(...each))", asked) == wanted
    assert len(asked) == 6


def test_ed25519_where_webcrypto_says_what_is_valid(run):
    """WebCrypto (Secure Curves, section Ed25519) has one verdict where key and R are canonical
    and of full order: the equation without cofactor. Of low order it says to refuse, and
    Chromium does not; of what is not canonical implementations differ. Whichever it is, no
    signature with a remainder in the small subgroup, or with another R, may pass."""
    cases = vectors("cctv-ed25519/ed25519vectors.json")
    said = run(
        """
        return Promise.all(cases.map(({ key, sig, msg }) => verify.verifyEd25519(
          fromHex(key, "It"), fromHex(sig, "It"), verify.bytesOf(msg)).catch(() => false)));
        """,
        cases,
    )
    undefined = {"low_order_A", "low_order_R", "non_canonical_A"}
    refused = {"low_order_residue", "non_canonical_R"}
    verdicts = {True: 0, False: 0}
    for case, accepted in zip(cases, said, strict=True):
        flags = set(case["flags"] or [])
        if flags & refused:
            assert not accepted, case
        elif not flags & undefined:
            assert accepted, case
        verdicts[bool(flags & refused)] += 1
    assert verdicts == {True: 706, False: 208}


@pytest.mark.parametrize("path", sorted(Path("src/almoner/web/static/web/proof").glob("*.js")))
def test_no_module_depends_on_another_than_its_neighbours(path):
    imported = re.findall(r'from "([^"]+)"', path.read_text())
    assert all(each.startswith("./") for each in imported), imported
    assert all((path.parent / each).exists() for each in imported)
