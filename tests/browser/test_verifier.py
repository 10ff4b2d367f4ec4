"""A reader checks the numbers and their receipt: green when all holds, red with what does not."""

import json
import re
from base64 import b64decode, b64encode

import pytest
from axe_playwright_python.sync_playwright import Axe

from almoner.log.note import Signer
from tests.browser.published import Published, encoded, published
from tests.log.model import flip, signer, witness

pytestmark = pytest.mark.browser

RECEIPT = "/receipts/2/token/"
# Two full tiles and a part of a third, so that every kind of tile is there.
ORDERS = 599


@pytest.fixture
def log() -> Published:
    return published(ORDERS)


@pytest.fixture
def site(serve_log, log):
    return serve_log(log)


@pytest.fixture
def reader(browser, site):
    """A window on the site, and a list of what its console and its errors said."""
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    page = context.new_page()
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("console", lambda said: page.troubles.append(said.text))
    yield page
    context.close()


def verdict(page, element, milliseconds=60_000):
    """The state that an element comes to, and everything that its verdict says."""
    shown = page.locator(f"{element} .verdict:not([data-state=working])")
    shown.wait_for(timeout=milliseconds)
    return shown.get_attribute("data-state"), shown.inner_text()


def recount(page, milliseconds=60_000):
    page.goto("/check/")
    page.get_by_role("button", name="Count everything again").click()
    return verdict(page, "recount-log", milliseconds)


def receipt(page):
    page.goto(RECEIPT)
    return verdict(page, "receipt-proof")


def give_key(page, text):
    page.locator("given-key summary").click()
    page.get_by_label("A key, as name+hash+base64").fill(text)
    page.get_by_role("button", name="Check by this key").click()


def steps(page):
    return [each.get_attribute("data-state") for each in page.locator(".proof-steps > li").all()]


# What holds


def test_every_number_of_an_honest_log_holds(reader, log):
    state, said = recount(reader)
    assert state == "holds", said
    assert f"read {len(log.entries):,} entries" in said
    assert "no log proves that part" in said
    meals = reader.locator(".recounted > li").first.inner_text()
    assert "Carried forward, not proven\n21,400" in meals
    assert f"Shown on this site\n{log.counters()['counters'][0]['shown']['text']}" in meals
    assert reader.troubles == []


def test_a_receipt_holds_and_says_what_it_proves(reader):
    state, said = receipt(reader)
    assert state == "holds", said
    assert steps(reader) == ["holds"] * 4
    assert "Order #1001 of shop:demo" in reader.locator(".proof-steps").inner_text()
    assert reader.troubles == []


def test_a_receipt_made_long_ago_holds_against_the_log_of_today(reader, site, log):
    for _ in range(700):
        log.order()
    log.publish()
    state, said = receipt(reader)
    assert state == "holds", said
    assert f"All {len(log.entries):,} entries" in reader.locator(".proof-steps").inner_text()


def test_partial_tiles_that_are_gone_are_read_from_the_full_ones(reader, site, log):
    before = log.checkpoints[-1]
    for _ in range(700):
        log.order()
    log.publish()
    log.files.delete("tile/0/002.p/")
    log.files.delete("tile/entries/002.p/")
    log.files["checkpoint"] = before.encode()
    log.files["counters.json"] = json.dumps(site.shown).encode()
    assert recount(reader)[0] == "holds"
    assert receipt(reader)[0] == "holds"


def test_a_log_whose_key_was_rotated_holds_by_its_first_key(reader, site, log):
    first = log.keys[0].vkey
    log.rotate()
    log.order()
    log.publish()
    state, said = receipt(reader)
    assert state == "holds", said
    give_key(reader, first)
    reader.locator("given-key [role=status]", has_text="the key you gave").wait_for()
    assert verdict(reader, "receipt-proof")[0] == "holds"


def test_a_witness_that_has_cosigned_is_named(reader, site, log):
    who = witness("witness.example", 7)
    text = log.checkpoints[-1].partition("\n\n")[0] + "\n"
    log.files["checkpoint"] += str(who.cosign(text, 1_779_000_000)).encode()
    keys = json.loads(log.files["keys.json"]) | {"witnesses": [str(who.key)]}
    log.files["keys.json"] = json.dumps(keys).encode()
    assert recount(reader)[0] == "holds"
    reader.locator("recount-log summary").click()
    assert "witness.example" in reader.locator("recount-log details").inner_text()


def test_a_receipt_can_be_chosen_or_dropped_on_the_check_page(reader, site):
    reader.goto("/check/")
    held = {"name": "r.tlog-proof", "mimeType": "text/plain", "buffer": site.receipt}
    reader.get_by_label("Choose a receipt").set_input_files(held)
    assert verdict(reader, "receipt-proof")[0] == "holds"
    altered = flip(site.receipt, 8 * (len(site.receipt) - 20)).decode()
    reader.evaluate(
        """(text) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], "r.tlog-proof"));
          document.querySelector("receipt-proof").dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, cancelable: true, bubbles: true }));
        }""",
        altered,
    )
    state, said = verdict(reader, "receipt-proof")
    assert state == "failed"
    assert "signature" in said


# What was altered


def altered_entry(log: Published, index: int, old: bytes, new: bytes) -> None:
    """Change an entry in its bundle, and nothing else."""
    path = f"tile/entries/{index // 256:03}" + (".p/93" if index // 256 == 2 else "")
    entry = log.entries[index]
    changed = entry.replace(old, new, 1)
    assert entry != changed
    assert len(entry) == len(changed)
    log.files[path] = log.files[path].replace(entry, changed)


def flipped(log: Published, path: str, bit: int = 8 * 40) -> None:
    log.files[path] = flip(log.files[path], bit)


def off_by_one(site, measure="shown", cause=0) -> None:
    figure = site.shown["counters"][cause][measure]
    number = str(int(figure["value"]) + 1)
    figure |= {"value": number, "text": f"{int(number):,}"}


def test_the_log_of_these_tests_has_every_kind_of_tile(log):
    assert len(log.entries) == 605
    assert {each for each in log.files if each.startswith("tile/0/") or "/1/" in each} == {
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/93",
        "tile/1/000.p/2",
    }


@pytest.mark.parametrize(
    ("alter", "sentence"),
    [
        (
            lambda site, log: altered_entry(log, 300, b"bowls", b"bowlz"),
            "Entry 300 was altered: its hash is not the one in tile/0/001.",
        ),
        (
            lambda site, log: altered_entry(log, 599, b'"pledge"', b'"refund"'),
            "Entry 599 was altered: its hash is not the one in tile/0/002.p/93.",
        ),
        (
            lambda site, log: flipped(log, "tile/entries/001", 3),
            "tile/entries/001 was altered: it is not a bundle of 256 entries",
        ),
        (
            lambda site, log: flipped(log, "tile/0/001"),
            "tile/0/001 was altered: its hashes are not what the log has signed.",
        ),
        (
            lambda site, log: flipped(log, "tile/0/002.p/93"),
            "tile/0/002.p/93 was altered: its hash 1 is not that of entry 513.",
        ),
        (
            lambda site, log: flipped(log, "tile/1/000.p/2"),
            "tile/1/000.p/2 was altered: its hash 1 is not that of what lies below it.",
        ),
        (
            lambda site, log: log.files.delete("tile/0/000"),
            "tile/0/000 is missing from the log, and its checkpoint needs it.",
        ),
        (
            lambda site, log: flipped(log, "checkpoint", 8 * (len("almoner.example/log\n60"))),
            "The log's checkpoint is not what almoner.example/log+",
        ),
        (
            lambda site, log: flipped(log, "keys.json", 8 * 60),
            "key",
        ),
        (
            lambda site, log: off_by_one(site),
            "Meals Donated (shown in all), and the log's 605 entries make",
        ),
        (
            lambda site, log: off_by_one(site, "opening"),
            "Meals Donated (carried forward), and the log's 605 entries make 21400: 1 too many.",
        ),
        (
            lambda site, log: site.shown["counters"][0]["shown"].update(text="99,999"),
            "writes “99,999” for Meals Donated",
        ),
        (
            lambda site, log: site.shown["counters"].pop(),
            "The log counts dogs, and the site shows it nowhere.",
        ),
        (
            lambda site, log: log.files.put(
                "counters.json", log.files["counters.json"].replace(b'"21400"', b'"21401"')
            ),
            "The log's counters.json counts 21401 meal for Meals Donated (carried forward)",
        ),
    ],
)
def test_what_was_altered_in_a_log_is_named(reader, site, log, alter, sentence):
    alter(site, log)
    state, said = recount(reader)
    assert (state, sentence in said) == ("failed", True), said


def test_the_counter_that_is_off_is_marked_and_the_others_are_not(reader, site):
    off_by_one(site)
    recount(reader)
    wrong, right = reader.locator(".recounted > li").all()
    assert "does not hold" in wrong.inner_text()
    assert "Should be shown" in wrong.inner_text()
    assert "does not hold" not in right.inner_text()


def test_a_site_that_shows_more_than_its_log_has_is_told(reader, site):
    site.shown["size"] += 1
    state, said = recount(reader)
    assert state == "failed"
    assert "shows counters after 606 entries, and its log's checkpoint covers only 605" in said


def test_another_log_signed_by_another_key_of_that_name_is_refused(reader, site, log):
    """Whoever can write the site's files, but not use its key, signs their own."""
    text = log.checkpoints[-1].partition("\n\n")[0] + "\n"
    thief = signer(log.signers[0].name, seed=99)
    log.files["checkpoint"] = f"{text}\n{thief.sign(text)}".encode()
    state, said = recount(reader)
    assert state == "failed"
    assert "not signed by a key that is trusted here" in said
    state, said = receipt(reader)
    assert state == "failed"


def disclosing(log: Published, **altered: object) -> bytes:
    return log.receipt(2, **altered).encode()


def with_entry(log: Published, old: bytes, new: bytes) -> bytes:
    return disclosing(log, entry=log.entries[2].replace(old, new).decode())


@pytest.mark.parametrize(
    ("alter", "sentence", "held"),
    [
        (
            lambda log: with_entry(log, b"USD", b"EUR"),
            "The proof that entry 2 is in the log leads to another root",
            1,
        ),
        (
            lambda log: disclosing(log, ref="Order #1002"),
            "The entry is not about Order #1002 of shop:demo",
            2,
        ),
        (
            lambda log: disclosing(log, salt="00" * 16),
            "The entry is not about Order #1001 of shop:demo",
            2,
        ),
        (
            lambda log: disclosing(log, salt="00" * 17),
            "The receipt's salt is not 16 bytes.",
            0,
        ),
        (
            lambda log: log.receipt(2).replace("index 2\n", "index 3\n").encode(),
            "The proof that entry 3 is in the log leads to another root",
            1,
        ),
        (
            lambda log: log.receipt(2).replace("\n605\n", "\n606\n").encode(),
            "The receipt's checkpoint is not what almoner.example/log+",
            0,
        ),
        (lambda log: b"GIF89a", "The file is no receipt", 0),
        (lambda log: b"\xff\xfe", "The receipt is not UTF-8 text.", 0),
    ],
)
def test_what_was_altered_in_a_receipt_is_named(reader, site, log, alter, sentence, held):
    site.receipt = alter(log)
    state, said = receipt(reader)
    assert (state, sentence in said) == ("failed", True), said
    assert steps(reader) == ["holds"] * held + ["failed"] + ["waiting"] * (3 - held)


def test_every_hash_of_a_receipts_proof_counts(reader, site, log):
    head, gap, rest = log.receipt(2).partition("\n\n")
    lines = head.split("\n")
    hashes = range(3, len(lines))
    assert len(hashes) == 10
    for at in hashes:
        altered = [*lines]
        altered[at] = b64encode(flip(b64decode(lines[at]), 77)).decode()
        site.receipt = ("\n".join(altered) + gap + rest).encode()
        state, said = receipt(reader)
        assert state == "failed"
        assert "leads to another root" in said


def test_a_log_that_was_rolled_back_or_rewritten_is_told_by_an_older_receipt(reader, site, log):
    site.receipt = log.receipt(2).encode()
    shorter = published(30)
    site.log = shorter
    state, said = receipt(reader)
    assert state == "failed"
    assert "The log was rolled back: it had 605 entries" in said
    assert steps(reader) == ["holds", "holds", "holds", "failed"]

    other = Published()
    other.post("opening", ("external", "opening/dogs", "dogs", 1))
    for _ in range(900):
        other.order()
    site.log = other.publish()
    state, said = receipt(reader)
    assert state == "failed"
    assert "does not begin with the 605 entries that were signed before" in said


def test_an_altered_tile_turns_a_receipt_red(reader, site, log):
    for _ in range(700):
        log.order()
    log.publish()
    flipped(log, "tile/0/002")
    state, said = receipt(reader)
    assert state == "failed"
    assert "tile/0/002 was altered" in said


WORK = """async (worker) => {
  const recount = new Worker(worker, { type: "module" });
  const last = await new Promise((resolve) => {
    recount.addEventListener("message", ({ data }) => data.state !== "working" && resolve(data));
    recount.postMessage({
      log: new URL("/log/", location).href,
      counters: new URL("/counters", location).href,
      key: "",
    });
  });
  recount.terminate();
  return [last.state, last.sentence ?? last.differences.join(" ")];
}"""


def test_no_flipped_bit_of_any_signed_file_stays_unseen(reader, log):
    """Of every tile, bundle and the checkpoint. `keys.json` is not signed: its keys are, and a
    reader's own key is what holds them. Labels in `counters.json` are nobody's figures."""
    reader.goto("/blank/")
    worker = "/static/web/proof/recount.js"
    assert reader.evaluate(WORK, worker) == ["counted", ""]
    tried = 0
    for path in sorted(set(log.files) - {"keys.json", "counters.json"}):
        kept = log.files[path]
        for bit in range(5, len(kept) * 8, len(kept) * 8 // 9):
            log.files[path] = flip(kept, bit)
            state, said = reader.evaluate(WORK, worker)
            assert (state, bool(said)) == ("failed", True), (path, bit, said)
            tried += 1
        log.files[path] = kept
    assert tried >= 8 * 9


def test_no_flipped_bit_of_a_receipt_stays_unseen(reader, site, log):
    reader.goto("/blank/")
    content = log.receipt(2).encode()
    bits = range(0, len(content) * 8, 29)
    said = reader.evaluate(
        """async (receipts) => {
          const { fromBase64, ProofError, textOf } = await import("/static/web/proof/verify.js");
          const { verifyReceipt } = await import("/static/web/proof/receipt.js");
          const verdicts = [];
          for (const each of receipts) {
            try {
              const text = textOf(fromBase64(each, "It"), "The receipt");
              await verifyReceipt(text, new URL("/log/", location).href, "", () => {});
              verdicts.push("");
            } catch (error) {
              verdicts.push(error instanceof ProofError ? error.message : `!${error}`);
            }
          }
          return verdicts;
        }""",
        [encoded(content), *(encoded(flip(content, bit)) for bit in bits)],
    )
    assert said[0] == ""
    assert len(said) > 300
    unseen = [
        (bit, text) for bit, text in zip(bits, said[1:], strict=True) if text[:1] in ("", "!")
    ]
    assert unseen == []


# Whose key


def test_a_wrong_key_turns_both_pages_red(reader, log):
    wrong = str(signer("almoner.example/log", seed=50).key)
    assert receipt(reader)[0] == "holds"
    give_key(reader, wrong)
    reader.locator("receipt-proof .verdict[data-state=failed]").wait_for()
    assert "is not a key of this log" in reader.locator("receipt-proof .verdict").inner_text()
    assert recount(reader)[0] == "holds"
    give_key(reader, wrong)
    reader.locator("recount-log .verdict[data-state=failed]").wait_for()
    assert "is not a key of this log" in reader.locator("recount-log .verdict").inner_text()
    give = reader.get_by_label("A key, as name+hash+base64")
    give.fill(log.keys[0].vkey)
    reader.get_by_role("button", name="Check by this key").click()
    reader.locator("recount-log .verdict[data-state=holds]").wait_for()


def test_what_is_no_key_is_said_and_changes_nothing(reader):
    receipt(reader)
    give_key(reader, "almoner.example/log+00000000+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    reader.locator("given-key [role=status]", has_text="was altered: its hash is").wait_for()
    assert verdict(reader, "receipt-proof")[0] == "holds"


def test_a_key_list_whose_endorsement_is_not_the_older_keys_is_refused(reader, site, log):
    log.rotate()
    log.order()
    log.publish()
    thief: Signer = signer(log.signers[0].name, seed=99)
    keys = json.loads(log.files["keys.json"])
    keys["keys"][1]["vkey"] = str(thief.key)
    log.files["keys.json"] = json.dumps(keys).encode()
    state, said = receipt(reader)
    assert state == "failed"
    assert f"The endorsement of the log's key {thief.key.id.hex()}" in said


# What could not be looked at


def test_without_the_log_nothing_is_claimed(reader, site, log):
    kept = dict(log.files)
    log.files.clear()
    state, said = recount(reader)
    assert state == "unknown"
    assert "There is no list of keys" in said
    log.files.update(kept)
    log.files.delete("checkpoint")
    state, said = receipt(reader)
    assert state == "unknown"
    assert "The file holds by itself" in said
    assert steps(reader) == ["holds", "holds", "holds", "unknown"]
    log.files.update(kept)
    reader.get_by_role("button", name="Check again").click()
    reader.locator("receipt-proof .verdict[data-state=holds]").wait_for()


def test_on_a_page_without_https_it_says_why_it_cannot_check(browser, site):
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    page.goto(RECEIPT)
    state, said = verdict(page, "receipt-proof")
    assert state == "unknown"
    assert "open this page with https" in said
    context.close()


def test_a_recount_can_be_stopped(reader, site):
    site.delay = 0.2
    reader.goto("/check/")
    reader.get_by_role("button", name="Count everything again").click()
    reader.get_by_role("button", name="Stop").click()
    state, said = verdict(reader, "recount-log")
    assert state == "unknown"
    assert "Nothing was found out" in said
    site.delay = 0
    reader.get_by_role("button", name="Count everything again").click()
    reader.locator("recount-log .verdict[data-state=holds]").wait_for()


# For everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["holds", "failed"])
def test_axe_finds_nothing_on_either_page(browser, site, log, scheme, state):
    if state == "failed":
        off_by_one(site)
        site.receipt = disclosing(log, ref="Order #1002")
    context = browser.new_context(
        base_url=site.url, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    page = context.new_page()
    found = []
    for run in (recount, receipt):
        assert run(page)[0] == state
        for each in page.locator("main details").all():
            each.evaluate("element => { element.open = true }")
        result = Axe().run(page)
        found += [result.generate_report()] if result.violations_count else []
    context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [320, 768])
def test_neither_page_scrolls_sideways(browser, site, width):
    context = browser.new_context(base_url=site.url, viewport={"width": width, "height": 640})
    page = context.new_page()
    for run in (recount, receipt):
        run(page)
        for each in page.locator("main details").all():
            each.evaluate("element => { element.open = true }")
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over == 0, run.__name__
    context.close()


def test_the_keyboard_alone_is_enough(reader):
    reader.goto("/check/")
    reader.get_by_role("button", name="Count everything again").wait_for()
    for _ in range(40):
        reader.keyboard.press("Tab")
        if reader.evaluate("document.activeElement.textContent") == "Count everything again":
            break
    reader.keyboard.press("Enter")
    assert verdict(reader, "recount-log")[0] == "holds"
    # The focus is where it was, so that the next thing to reach is the next one on the page.
    assert reader.evaluate("document.activeElement.textContent") == "Count everything again"
    reached = []
    for _ in range(12):
        reader.keyboard.press("Tab")
        reached.append(
            reader.evaluate("document.activeElement.id || document.activeElement.textContent")
        )
    assert "receipt-file" in reached
    assert any("Give a key" in each for each in reached)


def test_screen_readers_hear_the_progress_and_the_verdict(reader, site):
    site.delay = 0.05
    reader.goto("/check/")
    reader.evaluate(
        """() => {
          window.heard = [];
          new MutationObserver(() => heard.push(
            document.querySelector("recount-log [role=status]").textContent,
          )).observe(document.querySelector("recount-log [role=status]"), { childList: true });
        }"""
    )
    reader.get_by_role("button", name="Count everything again").click()
    bar = reader.get_by_role("progressbar", name="Entries recounted")
    bar.wait_for()
    assert verdict(reader, "recount-log")[0] == "holds"
    heard = reader.evaluate("heard")
    assert heard[0].startswith("Recounting")
    assert heard[-1].startswith("Every number since the record began holds")
    assert 2 <= len(heard) <= 5  # at the quarters: more would only be noise
    assert not bar.is_visible()


def test_without_script_the_pages_say_how_to_check(browser, site):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/check/")
    assert f"almoner verify {site.url}" in page.inner_text("main")
    assert "almoner verify receipt FILE" in page.inner_text("main")
    page.goto(RECEIPT)
    said = page.inner_text("main")
    assert "almoner verify receipt FILE" in said
    assert "Meals Donated: 2, through Holiday Bowls" in said
    context.close()


def test_nothing_is_sent_away_or_kept(reader, site):
    asked = []
    reader.on("request", lambda request: asked.append(request.url))
    recount(reader)
    receipt(reader)
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []
    assert reader.context.cookies() == []
    kept = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert reader.evaluate(kept) == [0, 0, ""]
    assert reader.evaluate("indexedDB.databases()") == []


def test_the_words_say_what_is_not_proven(reader):
    reader.goto("/check/")
    words = re.sub(r"\s+", " ", reader.locator(".proof-not").inner_text())
    assert "No log proves them" in words
    assert "is a matter of evidence" in words
