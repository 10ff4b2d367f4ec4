/**
 * A worker that recounts a whole log: every signature, leaf, node and tile up to the signed
 * root, then every entry into every counter, and compares them with what the site shows.
 *
 * It is sent a `Task` and posts `Progress`, then one `Result`. Files are read a bounded number
 * at once and folded in order, so that the first entry that is wrong is the one that is named,
 * and memory does not grow with the log's files. Measured on two shared cores: WebCrypto makes
 * 40,000 to 95,000 hashes a second, alike for batches of 1 and of 4,096, so nothing is batched
 * beyond a bundle; a log takes two hashes an entry, and 100,000 entries take seven seconds.
 */

import { checkDocument, compare } from "./counters.js";
import { Fold } from "./entries.js";
import {
  hashAt,
  Log,
  parseJson,
  pause,
  read,
  requireCryptography,
  Tree,
  Unavailable,
} from "./log.js";
import { leafHash, ProofError, same, tilePath, WIDTH } from "./verify.js";

/** @typedef {import("./counters.js").Document} Document */
/** @typedef {import("./counters.js").Line} Line */
/** @typedef {import("./verify.js").Bytes} Bytes */
/** @typedef {{ log: string, counters: string, key: string }} Task */
/** @typedef {{ state: "working", done: number, size: number }} Progress */
/** @typedef {{ state: "counted", origin: string, key: string, given: boolean, cosigned: string[],
 *   size: number, root: Bytes, at: number, lines: Line[], differences: string[], ms: number }} Counted */
/** @typedef {{ state: "failed" | "unknown", code: string, sentence: string }} Stopped */
/** @typedef {Progress | Counted | Stopped} Message */

/** Bundles read ahead: each costs a round trip, and the connection is shared with the page. */
const AHEAD = 12;
const REPORT_MS = 100;
/** A site publishes within a second of an append: what it shows may be that far ahead. */
const PATIENCE_MS = 10_000;
const ASK_MS = 300;

/** @param {Message} message */
const post = (message) =>
  /** @type {{ postMessage(message: Message): void }} */ (
    /** @type {unknown} */ (self)
  ).postMessage(message);

self.addEventListener("message", async ({ data }) => {
  try {
    post(await recount(data));
  } catch (error) {
    post(stopped(error));
  }
});

/**
 * @param {unknown} error
 * @returns {Stopped}
 */
function stopped(error) {
  if (error instanceof ProofError) {
    return { state: "failed", code: error.code, sentence: error.message };
  }
  const sentence =
    error instanceof Unavailable ? error.message : `This browser could not go on: ${error}.`;
  return { state: "unknown", code: "unavailable", sentence };
}

/**
 * @param {Task} task
 * @returns {Promise<Counted>}
 */
async function recount({ log: url, counters: shownAt, key }) {
  const started = performance.now();
  await requireCryptography();
  const log = new Log(url);
  const trust = await log.trust(key);
  const { signed, documents } = await settle(log, trust, shownAt);
  const { checkpoint, verified } = signed;
  const tree = new Tree(log, checkpoint);
  await tree.open();
  const fold = new Fold();
  /** @type {ReturnType<typeof compare>[]} */
  const compared = [];
  const stop = () => {
    for (const [at, { document, where }] of documents.entries()) {
      if (document.size === fold.size) compared[at] = compare(document, fold, where);
    }
  };
  stop();
  let reported = 0;
  for await (const entries of bundles(tree)) {
    for (const entry of entries) {
      fold.add(entry);
      if (documents.some(({ document }) => document.size === fold.size)) stop();
    }
    const now = performance.now();
    if (now - reported > REPORT_MS || fold.size === checkpoint.size) {
      post({ state: "working", done: fold.size, size: checkpoint.size });
      reported = now;
    }
  }
  return {
    state: "counted",
    origin: checkpoint.origin,
    key: trust.keys[0].text,
    given: key.trim() !== "",
    cosigned: verified.filter(({ time }) => time !== undefined).map(({ key: { name } }) => name),
    size: checkpoint.size,
    root: checkpoint.root,
    at: documents[0].document.size,
    lines: compared[0].lines,
    differences: compared.flatMap(({ differences }) => differences),
    ms: performance.now() - started,
  };
}

/**
 * What the site shows, a checkpoint that covers it, and the counters of that checkpoint.
 * @param {Log} log
 * @param {import("./log.js").Trust} trust
 * @param {string} shownAt
 */
async function settle(log, trust, shownAt) {
  const shown = await counters(shownAt, "The site's counters");
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const signed = await log.checkpoint(trust);
    const { size } = signed.checkpoint;
    const published = await counters(`${log.url}counters.json`, "The log's counters");
    if (size >= shown.size && size === published.size) {
      const documents = [
        { document: shown, where: "The site" },
        { document: published, where: "The log's counters.json" },
      ];
      return { signed, documents };
    }
    if (performance.now() > until) throw behind(size, shown.size, published.size);
    await pause(ASK_MS);
  }
}

/**
 * @param {number} signed
 * @param {number} shown
 * @param {number} published
 */
const behind = (signed, shown, published) =>
  new ProofError(
    "behind",
    signed < shown
      ? `The site shows counters after ${shown} entries, and its log's checkpoint covers only ` +
          `${signed}: what is shown is not published.`
      : `The log's counters are those after ${published} entries, and its checkpoint covers ` +
          `${signed}.`,
  );

/**
 * @param {string} url
 * @param {string} what
 */
async function counters(url, what) {
  const bytes = await read(url, { fresh: true });
  if (!bytes) throw new Unavailable(`${what} are not at ${url}.`);
  return checkDocument(parseJson(bytes, what), what);
}

/**
 * Every bundle's entries, in order, each held against its verified tile.
 * @param {Tree} tree
 */
async function* bundles(tree) {
  const count = Math.ceil(tree.checkpoint.size / WIDTH);
  /** @type {Promise<Bytes[]>[]} */
  const waiting = [];
  for (let next = 0; next < count || waiting.length; ) {
    for (; next < count && waiting.length < AHEAD; next += 1) {
      const bundle = inTree(tree, next);
      bundle.catch(() => {}); // It is told when its turn comes.
      waiting.push(bundle);
    }
    yield await /** @type {Promise<Bytes[]>} */ (waiting.shift());
  }
}

/**
 * @param {Tree} tree
 * @param {number} number
 */
async function inTree(tree, number) {
  const [hashes, entries] = await Promise.all([
    tree.tile(0, number),
    tree.log.entries(number, tree.width(0, number)),
  ]);
  const leaves = await Promise.all(entries.map(leafHash));
  const at = leaves.findIndex((leaf, place) => !same(leaf, hashAt(hashes, place)));
  if (at < 0) return entries;
  const tile = tilePath(0, number, entries.length);
  const index = number * WIDTH + at;
  throw new ProofError("entry", `Entry ${index} was altered: its hash is not the one in ${tile}.`);
}
