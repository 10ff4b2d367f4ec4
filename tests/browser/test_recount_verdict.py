"""The browser's fold against the reference page's verdict, on logs that were altered.

The same random logs as those that the command line's recount is held against: both refuse the
entry that the reference refuses, and make the same sums of a log in which nothing is wrong.
"""

import pytest
from hypothesis import HealthCheck, given, settings

from almoner.log.entry import Entry, encode
from almoner.log.recount import Recount, RecountError, shape
from tests.browser.published import encoded, published
from tests.log.lies import LIES, TRUTH
from tests.log.test_recount_verdict import altered, first_wrong

pytestmark = pytest.mark.browser

FOLD = """async (entries) => {
  const { Fold } = await import("/static/web/proof/entries.js");
  const { bytesOf, ProofError } = await import("/static/web/proof/verify.js");
  const fold = new Fold();
  const told = (wrong, said) => ({
    wrong,
    said,
    totals: Object.fromEntries([...fold.totals()].map(([cause, sums]) => [cause,
      Object.fromEntries(Object.entries(sums).map(([measure, sum]) => [measure, String(sum)]))])),
  });
  try {
    for (const entry of entries) fold.add(bytesOf(entry));
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return told(fold.size, error.message);
  }
  return told(null, "");
}"""


@pytest.fixture
def fold(page, serve_log):
    page.goto(serve_log(published(9)).url + "/blank/")
    return lambda entries: page.evaluate(FOLD, [encode(each).decode() for each in entries])


def recounted(found: list[Entry]) -> tuple[int | None, Recount]:
    """What the command line says of a log."""
    made = Recount()
    try:
        made.add(shape(0, [encode(each) for each in found]))
    except RecountError as error:
        return error.entry, made
    return None, made


@given(found=altered())
@settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_the_browser_refuses_the_entry_that_the_reference_refuses(fold, found):
    said = fold(found)
    wrong, made = recounted(found)
    assert said["wrong"] == first_wrong(found) == wrong
    if wrong is None:
        assert said["totals"] == {
            cause: {measure: str(minor) for measure, minor in sums.items()}
            for cause, sums in made.totals().items()
        }


def test_the_browser_refuses_every_lie_as_the_command_line_does(fold):
    for name, told in LIES.items():
        said = fold(told.entries)
        assert said["wrong"] == len(told.entries) - 1, name
        assert told.said in said["said"], name
        assert fold(told.entries[:-1])["wrong"] is None, name


def test_the_browser_counts_a_whole_life_as_the_command_line_does(fold):
    said = fold(TRUTH.entries)
    wrong, made = recounted(TRUTH.entries)
    assert (said["wrong"], wrong) == (None, None)
    assert said["totals"] == {
        cause: {measure: str(minor) for measure, minor in sums.items()}
        for cause, sums in made.totals().items()
    }


def test_more_evidence_than_there_may_be_is_refused_by_the_browser(page, serve_log):
    page.goto(serve_log(published(9)).url + "/blank/")
    start = '{"v":1,"index":0,"time":"2026-05-20T12:00:00.000000Z","kind":"delivery",'
    moved = '"postings":[{"debit":"a","credit":"b","unit":"meal","value":"1"}],'
    digests = ",".join(f'"{"ab" * 32}"' for _ in range(21))
    said = page.evaluate(FOLD, [f'{start}{moved}"evidence":[{digests}]}}'])
    assert "has 21 pieces of evidence, over 20" in said["said"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"index":', b'"index": '),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":2'),
        (b'"kind":"pledge"', b'"kind":"pledge","kind":"pledge"'),
        (b'"kind":"pledge"', b'"kind":"pledge","event":""'),
        (b'"kind":"pledge"', b'"kind":"pledge","more":1'),
        (b'"version":1', b'"version":1e0'),
        (b'"version":1', b'"version":"1"'),
        (b'"share":"2/3"', b'"share":2'),
        (b'"share":"2/3"', b'"share":"2/03"'),
        (b'"share":"2/3"', b'"share":"0.5"'),
        (b'"share":"2/3"', b'"share":"2/3","limited":""'),
        (b'"share":"2/3"', b'"share":"2/3","charity":""'),
        (b'"share":"2/3"', b'"share":"2/3","held":false'),
        (b'"share":"2/3"', b'"share":"2/3","held":1'),
        (b'"share":"2/3"', b'"held":true,"share":"2/3"'),
        (b'"kind":"pledge"', b'"kind":"pledge","evidence":[]'),
        (b"2026-05-20T", b"2026-02-30T"),
        (b"2026-05-20T12", b"2026-05-20T24"),
        (b"holiday", b"h\\u006fliday"),
        (b"holiday", b"h\xffliday"),
        (b"{", b"["),
        (b"{", b"\xef\xbb\xbf{"),
    ],
)
def test_what_is_not_canonical_is_refused_by_both(page, serve_log, old, new):
    log = published(9)
    page.goto(serve_log(log).url + "/blank/")
    entry = log.entries[2]
    changed = entry.replace(old, new, 1)
    assert changed != entry
    said = page.evaluate(
        """async ([before, entry]) => {
          const { Fold } = await import("/static/web/proof/entries.js");
          const { fromBase64 } = await import("/static/web/proof/verify.js");
          const fold = new Fold();
          for (const each of before) fold.add(fromBase64(each, "It"));
          try {
            fold.add(fromBase64(entry, "It"));
          } catch (error) {
            return error.name;
          }
          return "";
        }""",
        [[encoded(each) for each in log.entries[:2]], encoded(changed)],
    )
    assert said == "ProofError"
    made = Recount()
    with pytest.raises(RecountError):
        made.add(shape(0, [*log.entries[:2], changed]))
