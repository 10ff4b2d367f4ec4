"""A monitor names what is wrong with a log, whatever it is; what holds makes no noise."""

import shutil

import msgspec
import pytest

from almoner.audit import memory as memories
from almoner.audit.alerts import Kind, hook, update
from almoner.audit.memory import Memory
from almoner.audit.monitor import Watch, look
from almoner.audit.sources import Directory, SourceError
from almoner.audit.sources import Site as SiteSource
from almoner.log import keylist
from almoner.log.entry import encode
from almoner.log.keylist import KeyList, ListedKey, endorsement_text
from almoner.log.note import COSIGNATURE, write
from almoner.log.policy import Policy, Witness
from almoner.log.store import COUNTERS, KEYS
from tests.audit.logs import ORIGIN, Log, Site, counters, signer
from tests.log.lies import TRUTH

NOW = 1_800_000_000


class Watching:
    """A monitor of one log, its clock in the test's hands."""

    def __init__(self, source, **options) -> None:
        self.watch = Watch(source, **options)
        self.memory = Memory()
        self.now = NOW
        self.waited = 0.0
        self.meanwhile = lambda: None

    def look(self) -> dict[str, str]:
        """The alerts of one round, by kind."""
        seen = look(self.watch, self.memory, self.now, self._pause)
        self.memory = seen.memory
        return {str(each.kind): each.sentence for each in seen.alerts}

    def _pause(self, seconds: float) -> None:
        self.waited += seconds
        self.meanwhile()


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "a")


@pytest.fixture
def watching(log):
    return Watching(Directory(log.path))


@pytest.fixture
def site(log):
    served = Site(log)
    yield served
    served.close()


@pytest.mark.parametrize("steps", [(5,), (1, 1, 1), (255, 1, 1), (300, 0, 212, 1), (256, 600)])
def test_a_log_that_only_grows_makes_no_noise(log, watching, steps):
    for step in steps:
        log.grow(step)
        assert watching.look() == {}
        assert watching.memory.held == log.checkpoint
    assert watching.waited == 0


def test_a_round_reads_only_what_is_new(log, watching, monkeypatch):
    log.grow(700)
    watching.look()
    log.grow(10)
    asked = []
    get = Directory.get
    monkeypatch.setattr(
        Directory, "get", lambda self, path: (asked.append(path), get(self, path))[1]
    )

    assert watching.look() == {}

    assert [path for path in asked if "entries" in path] == ["tile/entries/002.p/198"]


def test_a_memory_survives_the_file(log, watching, tmp_path):
    log.grow(300)
    watching.look()
    path = tmp_path / "deep" / "state.json"
    memories.write(path, watching.memory)

    watching.memory = memories.read(path)
    log.grow(300)

    assert watching.look() == {}


@pytest.mark.parametrize("cut", range(1, len(TRUTH.entries)))
def test_what_is_held_and_split_is_remembered(log, watching, tmp_path, cut):
    path = tmp_path / "state.json"
    found = [encode(each) for each in TRUTH.entries]
    log.append(found[:cut])
    assert watching.look() == {}
    memories.write(path, watching.memory)

    watching.memory = memories.read(path)
    log.append(found[cut:])

    assert watching.look() == {}
    _, counted = watching.memory.resume()
    assert counted.standings["bowls", ""] == (7, 7, 2)


def test_a_memory_of_another_version_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "state.json"
    path.write_bytes(b'{"version":1,"standings":{"bowls":[1,3]}}')
    with pytest.raises(SourceError, match="it is of version 1, not 2: move it away"):
        memories.read(path)


def test_a_damaged_memory_is_refused(log, watching, tmp_path):
    log.grow(300)
    watching.look()
    path = tmp_path / "state.json"
    edge = (bytes(32), *watching.memory.edge[1:])
    memories.write(path, msgspec.structs.replace(watching.memory, edge=edge))
    with pytest.raises(SourceError, match="was altered"):
        memories.read(path)
    path.write_bytes(b"{")
    with pytest.raises(SourceError, match="cannot be read"):
        memories.read(path)
    assert memories.read(tmp_path / "none.json") == Memory()


def test_a_fork_is_named_and_both_checkpoints_are_kept_as_proof(log, watching, tmp_path):
    log.grow(300)
    watching.look()
    held = watching.memory
    other = Log(tmp_path / "b", branch="soup").grow(400)
    shutil.copytree(other.path, log.path, dirs_exist_ok=True)

    seen = look(watching.watch, held, NOW, watching._pause)

    (alert,) = seen.alerts
    assert alert.kind == Kind.FORK
    assert alert.sentence == (
        "The log was forked: its checkpoint of 400 entries does not continue the one of 300 that "
        "was verified. Keep both: they prove it."
    )
    assert alert.evidence == (log.note, other.note)
    assert seen.memory == held


def test_two_roots_for_one_size_are_a_fork(log, watching, tmp_path):
    log.grow(300)
    watching.look()
    other = Log(tmp_path / "b", branch="soup").grow(300)
    shutil.copytree(other.path, log.path, dirs_exist_ok=True)
    assert watching.look()["fork"].startswith("The log was forked: its checkpoint of 300 entries")


def test_a_roll_back_is_named(log, watching, tmp_path):
    shutil.copytree(log.grow(200).path, tmp_path / "old")
    log.grow(100)
    watching.look()
    shutil.rmtree(log.path)
    shutil.copytree(tmp_path / "old", log.path)
    said = watching.look()
    assert said == {
        "rollback": "The log was rolled back: it had 300 entries, and its checkpoint has 200."
    }
    assert watching.memory.held.size == 300


def test_a_checkpoint_that_is_only_cached_is_waited_for(log, watching):
    old = log.grow(200).note
    log.grow(100)
    watching.look()
    log.files.put("checkpoint", old.encode())
    watching.meanwhile = log.sign
    assert watching.look() == {}


@pytest.mark.parametrize("level_of", ["an entry", "a tile", "a tile above", "an old entry"])
def test_an_altered_file_is_named(log, watching, level_of):
    log.grow(100)
    watching.look()
    log.grow(500)
    path, at, sentence = {
        "an entry": (
            "tile/entries/001",
            20,
            "Entry 256 was altered: its hash is not the one in tile/0/001.",
        ),
        "a tile": (
            "tile/0/001",
            32 * 7,
            "tile/0/001 was altered: its hash 7 is not that of entry 263.",
        ),
        "a tile above": (
            "tile/1/000.p/2",
            40,
            "tile/1/000.p/2 was altered: its hash 1 is not what lies below it.",
        ),
        "an old entry": ("tile/entries/000", 20, "Entry 0 was altered since it was verified."),
    }[level_of]
    log.alter(path, at)
    assert watching.look() == {"altered": sentence}
    assert watching.memory.held.size == 100
    log.alter(path, at)
    assert watching.look() == {}


def test_every_bit_of_a_small_log_counts(log):
    log.grow(3)
    for path in ("tile/0/000.p/3", "tile/entries/000.p/3", "checkpoint"):
        for at in range(len(log.files.get(path))):
            log.alter(path, at)
            said = Watching(Directory(log.path)).look()
            assert said.keys() & {"altered", "signature", "silent"}, (path, at, said)
            log.alter(path, at)


def test_a_missing_file_is_named(log, watching):
    log.grow(300)
    (log.files.path / "tile/0/000").unlink()
    assert watching.look() == {"altered": "tile/0/000 is missing."}


def test_an_entry_that_breaks_a_rule_is_named(log, watching, monkeypatch):
    log.grow(3)
    watching.look()
    monkeypatch.setattr("tests.audit.logs.entry", lambda index, branch: b'{"v":1,"index":9}')
    log.grow(1, show=False)
    said = watching.look()
    assert said == {"entry": "Entry 3 does not begin as entry 3 of version 1 does."}


def test_a_counter_off_by_one_is_named(log, watching):
    log.grow(300)
    log.files.put(COUNTERS, counters(log.entries, shown=1))
    said = watching.look()
    assert said == {
        "counters": "Meals (meals, shown) is shown as 401 meal, and its 300 entries make 400: "
        "1 too much."
    }
    log.files.put(COUNTERS, counters(log.entries))
    assert watching.look() == {}


def test_a_counter_shown_ahead_is_compared_when_the_log_gets_there(log, watching):
    log.grow(300)
    future = Log(log.path.parent / "future").grow(310)
    log.files.put(COUNTERS, counters(future.entries, owed=-2))
    assert watching.look() == {}
    assert watching.waited >= 5
    log.grow(20)
    assert "310 entries make 413: 2 too little" in watching.look()["counters"]


def test_counters_that_stay_behind_are_named(log, watching):
    log.grow(10)
    watching.look()
    log.files.put(COUNTERS, counters(log.entries[:9]))
    assert watching.look() == {
        "counters": "counters.json shows the counters after 9 entries, and the log had 10."
    }


def test_missing_and_torn_counters_are_named(log, watching):
    log.grow(10)
    log.files.put(COUNTERS, b"[]")
    assert "counters.json cannot be read" in watching.look()["counters"]
    (log.files.path / COUNTERS).unlink()
    assert watching.look() == {"counters": "No counters are shown: counters.json has none."}


def test_a_stale_checkpoint_is_named_only_once_entries_have_waited(log, watching):
    log.grow(300)
    assert watching.look() == {}
    watching.now += 100_000
    assert watching.look() == {}, "nothing waits, so nothing is stale"
    future = Log(log.path.parent / "future").grow(301)
    log.files.put(COUNTERS, counters(future.entries))
    assert watching.look() == {}
    watching.now += 3_599
    assert watching.look() == {}
    watching.now += 1
    assert watching.look() == {
        "stale": "The checkpoint is stale: the site has shown 301 entries for 3600 seconds, and "
        "the checkpoint still has 300."
    }
    log.grow(1)
    assert watching.look() == {}


def test_a_log_that_is_gone_is_silent(log, watching):
    log.grow(1)
    (log.files.path / "checkpoint").unlink()
    assert watching.look()["silent"].endswith("has no checkpoint.")


def test_a_strangers_checkpoint_is_not_believed(log, watching, tmp_path):
    log.grow(10)
    watching.look()
    stranger = Log(tmp_path / "b", signer(2)).grow(11)
    shutil.copytree(stranger.path, log.path, dirs_exist_ok=True)
    said = watching.look()
    assert said["signature"].startswith("The checkpoint cannot be believed: the log")


def test_a_rotated_key_is_followed_where_the_one_before_endorses_it(log, watching):
    old, new = signer(1), signer(2)
    log.grow(10)
    watching.look()
    text = endorsement_text(ORIGIN, new.key)
    endorsement = write(text, [old.sign(text)])
    listed = (ListedKey(str(old.key), 0), ListedKey(str(new.key), 10, endorsement))
    log.files.put(KEYS, keylist.encode(KeyList(ORIGIN, listed)))
    log.signers = (new,)
    log.grow(1)
    assert watching.look() == {}
    log.grow(1)
    assert watching.look() == {}
    assert watching.memory.keys[-1] == str(new.key)


def test_a_key_that_was_given_is_the_only_one_believed(log):
    log.grow(10)
    assert "signature" in Watching(Directory(log.path), keys=(signer(9).key,)).look()
    assert Watching(Directory(log.path), keys=(signer(1).key,)).look() == {}


def test_a_quorum_that_is_not_met_is_named(log):
    witness = signer(7, "w.example", algorithm=COSIGNATURE)
    policy = Policy((), (Witness("w", witness.key),), {}, "w")
    watching = Watching(Directory(log.path), policy=policy)
    log.grow(10)
    assert watching.look() == {
        "quorum": "The quorum w of the policy is not met: cosigned by nobody."
    }
    log.sign(witness.cosign(log.checkpoint.text, NOW))
    assert watching.look() == {}


def test_a_site_is_watched_over_the_network(log, site):
    log.grow(600)
    watching = Watching(SiteSource(site.url))
    assert watching.look() == {}
    site.counters = counters(log.entries, owed=1)
    assert "1 too much" in watching.look()["counters"]
    site.counters = None
    log.grow(300)
    assert watching.look() == {}
    site.down = True
    assert "answers 500" in watching.look()["silent"]


def test_a_kind_is_told_once_until_it_clears(log, watching):
    told = []

    def post(alert, since):
        told.append((alert.kind, since))

    def one_round(now):
        before = watching.memory.raised
        seen = look(watching.watch, watching.memory, now, watching._pause)
        raised, _ = update(before, seen.alerts, now, post, whole=seen.whole)
        watching.memory = msgspec.structs.replace(seen.memory, raised=raised)
        return set(raised)

    log.grow(5)
    bad, good = counters(log.entries, owed=1), counters(log.entries)
    log.files.put(COUNTERS, bad)
    assert one_round(10) == {"counters"}
    assert one_round(20) == {"counters"}
    (log.files.path / "checkpoint").rename(log.files.path / "away")
    assert one_round(30) == {"counters", "silent"}, "what was not looked at is not cleared"
    (log.files.path / "away").rename(log.files.path / "checkpoint")
    assert one_round(40) == {"counters"}
    log.files.put(COUNTERS, good)
    assert one_round(50) == set()
    log.files.put(COUNTERS, bad)
    assert one_round(60) == {"counters"}
    assert told == [("counters", 10), ("silent", 30), ("counters", 60)]


def test_a_webhook_is_signed_and_tried_again_under_the_same_id(site):
    from standardwebhooks.webhooks import Webhook

    from almoner.audit.alerts import Alert

    secret = "whsec_" + "QWxtb25lciBtb25pdG9ycyB3YXRjaCBsb2dz"
    post = hook(f"{site.url}/hook", secret, ORIGIN)
    alert = Alert(Kind.FORK, "The log was forked.", ("one", "two"))
    site.down = True
    raised, troubles = update({}, [alert], NOW, post, whole=False)
    assert not raised["fork"].told
    assert "500" in troubles[0]
    site.down = False
    raised, troubles = update(raised, [alert], NOW + 60, post, whole=False)
    assert raised["fork"].told
    assert troubles == []

    (first, _), (headers, body) = site.taken
    assert first["webhook-id"] == headers["webhook-id"]
    assert Webhook(secret).verify(body, headers)["data"] == {
        "log": ORIGIN,
        "message": "The log was forked.",
        "evidence": ["one", "two"],
    }
