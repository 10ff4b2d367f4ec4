/**
 * Reads a public log over HTTP: its keys, its checkpoint, tiles and entries.
 *
 * A tile that is given out here has been verified up to the root of a signed checkpoint. What
 * cannot be had (no connection, no answer) throws `Unavailable`, which proves nothing either way;
 * what is wrong, or kept back while the checkpoint says that it is there, throws a `ProofError`.
 * Sends no cookie and keeps nothing on the device but what any browser caches.
 */

import {
  emptyRoot,
  fold,
  HASH_SIZE,
  hex,
  leafHash,
  openCheckpoint,
  openNote,
  ProofError,
  parseKey,
  perfect,
  perfectRoot,
  same,
  textOf,
  tilePath,
  WIDTH,
} from "./verify.js";

/** @typedef {import("./verify.js").Bytes} Bytes */
/** @typedef {import("./verify.js").Checkpoint} Checkpoint */
/** @typedef {import("./verify.js").VerifierKey} VerifierKey */
/** @typedef {{ origin: string, keys: { vkey: string, from: number, endorsement?: string }[],
 *   witnesses?: string[] }} KeyList */
/** @typedef {{ keys: VerifierKey[], witnesses: VerifierKey[] }} Trust `keys` are the log's own */

const ENDORSEMENT = "almoner/key/v1";
const MAX_KEYS = 100;
/** Bytes of a full bundle at most: each entry has a length of two bytes and up to 65,535. */
const MAX_FILE = WIDTH * (2 + 65_535);
const TRIES = 3;
const RETRY_MS = 400;
const BITS = 8; // levels of the tree to a level of tiles

/** Something could not be had or done, so that nothing is known of whether it holds. */
export class Unavailable extends Error {
  /** @param {string} sentence */
  constructor(sentence) {
    super(sentence);
    this.name = "Unavailable";
  }
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Fails where this browser has no cryptography: WebCrypto is for secure pages only.
 * @returns {Promise<void>}
 */
export async function requireCryptography() {
  if (!globalThis.crypto?.subtle) {
    throw new Unavailable(
      "Browsers check signatures on secure pages only: open this page with https.",
    );
  }
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32).fill(9), "Ed25519", false, ["verify"]);
  } catch (error) {
    // Any bytes make a key in some browsers and not in others; only the name's absence counts.
    if (error instanceof DOMException && error.name === "NotSupportedError") {
      throw new Unavailable(
        "This browser cannot check Ed25519 signatures: a newer one, or `almoner verify`, can.",
      );
    }
  }
}

/**
 * The file at an address, or null where there is none.
 * @param {string} url
 * @param {{ fresh?: boolean, tries?: number }} [how] `fresh` passes every cache by
 * @returns {Promise<Bytes | null>}
 */
export async function read(url, { fresh = false, tries = TRIES } = {}) {
  for (let tried = 1; ; tried += 1) {
    let trouble = "it cannot be reached";
    try {
      const answer = await fetch(url, {
        cache: fresh ? "no-store" : "default",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
      if (answer.status === 404) return null;
      if (answer.ok) return checkLength(url, new Uint8Array(await answer.arrayBuffer()));
      trouble = `the answer was ${answer.status}`;
    } catch (error) {
      if (error instanceof ProofError) throw error;
    }
    if (tried === tries) throw new Unavailable(`${nameOf(url)} could not be read: ${trouble}.`);
    await pause(RETRY_MS * tried);
  }
}

/** @param {string} url */
const nameOf = (url) => new URL(url, location.href).pathname;

/**
 * @param {string} url
 * @param {Bytes} bytes
 */
function checkLength(url, bytes) {
  if (bytes.length <= MAX_FILE) return bytes;
  throw new ProofError("too-long", `${nameOf(url)} is ${bytes.length} bytes long: too many.`);
}

/**
 * The keys that a log's list leads to: from `anchor`, or else from its own first one, each
 * endorsed by the one before it.
 * @param {KeyList} list
 * @param {VerifierKey} [anchor]
 */
export async function trustedKeys(list, anchor) {
  if (typeof list?.origin !== "string" || !Array.isArray(list.keys)) {
    throw new ProofError("keys", "The log's list of keys cannot be read.");
  }
  if (!list.keys.length || list.keys.length > MAX_KEYS) {
    throw new ProofError("keys", `The log's list of keys has ${list.keys.length} of them.`);
  }
  const keys = await Promise.all(list.keys.map(({ vkey }) => parseKey(String(vkey))));
  const stray = keys.find(({ name }) => name !== list.origin);
  if (stray) {
    throw new ProofError("keys", `${stray.name} is no key of the log ${list.origin}.`);
  }
  const start = anchor ? keys.findIndex(({ text }) => text === anchor.text) : 0;
  if (start < 0 && anchor) {
    throw new ProofError(
      "wrong-key",
      `The key you gave (${anchor.name}+${anchor.id}) is not a key of this log, ${list.origin}.`,
    );
  }
  for (let at = start + 1; at < keys.length; at += 1) {
    const what = `The endorsement of the log's key ${keys[at].id}`;
    const { text } = await openNote(String(list.keys[at].endorsement), [keys[at - 1]], what);
    if (text !== `${ENDORSEMENT}\n${list.origin}\n${keys[at].text}\n`) {
      throw new ProofError("keys", `${what} is for another key.`);
    }
  }
  return keys.slice(start);
}

/** One log, by its address. */
export class Log {
  /** @param {string} url ends with a slash */
  constructor(url) {
    this.url = url;
  }

  /**
   * The keys to go by; `given` is a verifier key that the reader knows from elsewhere, or "".
   * The witnesses that the log names are told of where they have cosigned, and trusted with
   * nothing.
   * @param {string} given
   * @returns {Promise<Trust>}
   */
  async trust(given) {
    const anchor = given.trim() ? await parseKey(given) : undefined;
    const document = await read(`${this.url}keys.json`, { fresh: true }).catch((error) => {
      if (anchor && error instanceof Unavailable) return null;
      throw error;
    });
    if (document) {
      /** @type {KeyList} */
      const list = parseJson(document, "The log's list of keys");
      const keys = await trustedKeys(list, anchor);
      return { keys, witnesses: await Promise.all((list.witnesses ?? []).map(parseKey)) };
    }
    if (anchor) return { keys: [anchor], witnesses: [] };
    throw new Unavailable(`There is no list of keys at ${nameOf(this.url)}keys.json.`);
  }

  /**
   * The newest checkpoint, signed by one of the log's keys, and every verified signature on it.
   * @param {Trust} trust
   */
  async checkpoint({ keys, witnesses }) {
    const note = await read(`${this.url}checkpoint`, { fresh: true });
    if (!note) throw new Unavailable(`There is no checkpoint at ${nameOf(this.url)}checkpoint.`);
    const what = "The log's checkpoint";
    return openCheckpoint(textOf(note, what), [...keys, ...witnesses], what);
  }

  /**
   * The entries of bundle `number`, of which the log has `width`; they are not verified.
   * @param {number} number
   * @param {number} width
   */
  async entries(number, width) {
    const { bytes, path, had } = await this.#file("entries", number, width);
    /** @type {Bytes[]} */
    const entries = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + bytes[at] * 256 + bytes[at + 1];
      entries.push(bytes.subarray(at + 2, end));
      at = end;
    }
    if (at !== bytes.length || entries.length !== had) {
      throw new ProofError(
        "bundle",
        `${path} was altered: it is not a bundle of ${had} entries, but of ${entries.length}.`,
      );
    }
    return entries.slice(0, width);
  }

  /**
   * A tile's hashes, not verified.
   * @param {number} level
   * @param {number} number
   * @param {number} width
   */
  async tile(level, number, width) {
    const { bytes, path, had } = await this.#file(level, number, width);
    if (bytes.length !== had * HASH_SIZE) {
      const bytesSaid = `it has ${bytes.length} bytes, not ${had * HASH_SIZE}`;
      throw new ProofError("tile", `${path} was altered: ${bytesSaid}.`);
    }
    return bytes.subarray(0, width * HASH_SIZE);
  }

  /**
   * A tile's or a bundle's file; a partial one that is gone is read from the full one.
   * @param {number | "entries"} level
   * @param {number} number
   * @param {number} width
   */
  async #file(level, number, width) {
    const path = tilePath(level, number, width);
    const bytes = await read(this.url + path);
    if (bytes) return { bytes, path, had: width };
    const full = width < WIDTH ? tilePath(level, number) : "";
    const whole = full ? await read(this.url + full) : null;
    if (whole) return { bytes: whole, path: full, had: WIDTH };
    throw new ProofError(
      "missing",
      `${path} is missing from the log, and its checkpoint needs it.`,
    );
  }
}

/** The tiles of a log as a signed checkpoint has them, each verified up to its root. */
export class Tree {
  /** @type {Map<string, Promise<Bytes>>} the verified tiles above the lowest level */
  #kept = new Map();

  /**
   * @param {Log} log
   * @param {Checkpoint} checkpoint
   */
  constructor(log, checkpoint) {
    this.log = log;
    this.checkpoint = checkpoint;
  }

  /**
   * The width of a tile in this tree.
   * @param {number} level
   * @param {number} number
   */
  width(level, number) {
    return Math.min(WIDTH, Math.floor(this.checkpoint.size / WIDTH ** level) - number * WIDTH);
  }

  /**
   * Reads the tree's right edge, the unfinished tile of each level, and holds it against the
   * root. To be done first.
   */
  async open() {
    const { size, root } = this.checkpoint;
    /** @type {Promise<Bytes>[]} by level; a level that has no unfinished tile has an empty one */
    const edge = [];
    for (let level = 0; size >= WIDTH ** level; level += 1) {
      const number = Math.floor(size / WIDTH ** (level + 1));
      const width = this.width(level, number);
      edge.push(width ? this.log.tile(level, number, width) : Promise.resolve(new Uint8Array()));
    }
    const stated = await Promise.all(edge);
    const parts = perfect(0, size).map(({ level, index }) =>
      subtree(stated[Math.floor(level / BITS)], level, index),
    );
    const made = parts.length ? await fold(await Promise.all(parts)) : await emptyRoot();
    if (!same(made, root)) await this.#blame(stated, made);
    for (const [level, hashes] of stated.entries()) {
      const number = Math.floor(size / WIDTH ** (level + 1));
      if (hashes.length) this.#kept.set(`${level}/${number}`, Promise.resolve(hashes));
    }
  }

  /**
   * A verified tile.
   * @param {number} level
   * @param {number} number
   * @returns {Promise<Bytes>}
   */
  tile(level, number) {
    const at = `${level}/${number}`;
    const kept = this.#kept.get(at);
    if (kept) return kept;
    const read = this.#verified(level, number);
    if (level > 0) this.#kept.set(at, read);
    return read;
  }

  /**
   * The root of the entries from `start` up to `end`, a range of a proof.
   * @param {number} start
   * @param {number} end
   */
  async root(start, end) {
    const parts = perfect(start, end).map(async ({ level, index }) => {
      const row = Math.floor(level / BITS);
      const number = Math.floor((index * 2 ** (level % BITS)) / WIDTH);
      return subtree(await this.tile(row, number), level, index);
    });
    return fold(await Promise.all(parts));
  }

  /**
   * @param {number} level
   * @param {number} number
   */
  async #verified(level, number) {
    const hashes = await this.log.tile(level, number, WIDTH);
    const above = await this.tile(level + 1, Math.floor(number / WIDTH));
    if (!same(await perfectRoot(hashes), hashAt(above, number % WIDTH))) {
      throw new ProofError(
        "tile",
        `${tilePath(level, number)} was altered: its hashes are not what the log has signed.`,
      );
    }
    return hashes;
  }

  /**
   * The right edge does not make the root: finds the tile of it that what lies below
   * contradicts. Where there is none, it is the checkpoint that says something else.
   * @param {Bytes[]} stated
   * @param {Bytes} made
   */
  async #blame(stated, made) {
    const { size, root } = this.checkpoint;
    for (const [level, hashes] of stated.entries()) {
      const number = Math.floor(size / WIDTH ** (level + 1));
      const width = hashes.length / HASH_SIZE;
      const entries = level === 0 && width ? await this.log.entries(number, width) : [];
      for (let at = 0; at < width; at += 1) {
        const below = level
          ? await perfectRoot(await this.log.tile(level - 1, number * WIDTH + at, WIDTH))
          : await leafHash(entries[at]);
        if (!same(below, hashAt(hashes, at))) {
          const path = tilePath(level, number, width);
          const what = level ? "what lies below it" : `entry ${number * WIDTH + at}`;
          throw new ProofError(
            "tile",
            `${path} was altered: its hash ${at} is not that of ${what}.`,
          );
        }
      }
    }
    throw new ProofError(
      "root",
      `The log's entries make the root ${hex(made)}, and its checkpoint of ${size} entries says ` +
        `${hex(root)}.`,
    );
  }
}

/**
 * The root of the perfect subtree `index` at a level of the tree, from the tile that holds it.
 * @param {Bytes} tile
 * @param {number} level
 * @param {number} index
 */
function subtree(tile, level, index) {
  const count = 2 ** (level % BITS);
  const at = ((index * count) % WIDTH) * HASH_SIZE;
  return perfectRoot(tile.subarray(at, at + count * HASH_SIZE));
}

/** @param {Bytes} hashes @param {number} at */
export const hashAt = (hashes, at) => hashes.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE);

/**
 * @param {Bytes} bytes
 * @param {string} what
 */
export function parseJson(bytes, what) {
  try {
    return JSON.parse(textOf(bytes, what));
  } catch {
    throw new ProofError("not-json", `${what} cannot be read: it is no JSON.`);
  }
}
