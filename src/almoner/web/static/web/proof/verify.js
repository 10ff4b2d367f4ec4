/**
 * Verifies what a transparency log publishes: hashes, proofs, signed notes, checkpoints.
 *
 * Sources: RFC 6962 section 2.1 and RFC 9162 (hashes, proofs), and of C2SP signed-note,
 * tlog-checkpoint, tlog-cosignature, tlog-tiles and tlog-proof. Cryptography is the browser's
 * own (WebCrypto: SHA-256, HMAC, Ed25519). Pure: no network, no page, no clock; whoever wants to
 * check what this site says about itself can read this one file, which is why it is one.
 * Whatever does not hold throws a `ProofError` whose message is a sentence for a reader.
 * Limit: ML-DSA signatures count as signatures by unknown keys.
 */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{ name: string, algorithm: number, id: string, key: Bytes, text: string }} VerifierKey */
/** @typedef {{ key: VerifierKey, time: number | undefined }} Verified */
/** @typedef {{ origin: string, size: number, root: Bytes }} Checkpoint */
/** @typedef {{ index: number, hashes: Bytes[], checkpoint: string, extra: Bytes }} Proof */

export const HASH_SIZE = 32;
/** Hashes in a full tile, entries in a full bundle. */
export const WIDTH = 256;
const ED25519 = 1;
const COSIGNATURE = 4;
const MAX_SIGNATURES = 64;
const MAX_NOTE = 1 << 20;
const MAX_TIME = (1n << 63n) - 1n; // tlog-cosignature's bound
/** A tree of 2^63 entries has proofs no longer than this. */
const MAX_PROOF = 63;
/** A receipt is an entry of at most 65,535 bytes in base64, 63 hashes and a checkpoint. */
export const MAX_RECEIPT = 200_000;
const HEADER = "c2sp.org/tlog-proof@v1";

/** Something that was shown does not hold. `code` is stable, `message` is for readers. */
export class ProofError extends Error {
  /**
   * @param {string} code
   * @param {string} sentence
   */
  constructor(code, sentence) {
    super(sentence);
    this.name = "ProofError";
    this.code = code;
  }
}

// Bytes

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {string} text @returns {Bytes} */
export const bytesOf = (text) => encoder.encode(text);

/**
 * @param {Bytes} bytes
 * @param {string} what named where the bytes are no text, such as "The checkpoint"
 */
export function textOf(bytes, what) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProofError("not-text", `${what} is not UTF-8 text.`);
  }
}

/** @param {Bytes} bytes */
export const hex = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * @param {string} text
 * @param {string} what
 * @returns {Bytes}
 */
export function fromHex(text, what) {
  if (!/^([0-9a-f]{2})*$/i.test(text))
    throw new ProofError("not-hex", `${what} is not hexadecimal.`);
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** @param {Bytes} bytes */
export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

/**
 * Reads canonical base64 (RFC 4648, section 4) and nothing else.
 * @param {string} text
 * @param {string} what
 * @returns {Bytes}
 */
export function fromBase64(text, what) {
  try {
    const raw = atob(text);
    if (btoa(raw) === text) return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  } catch {
    // Said below: there is one sentence for whatever is no base64.
  }
  throw new ProofError("not-base64", `${what} is not base64.`);
}

/** @param {Bytes} one @param {Bytes} other */
export const same = (one, other) =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** @param {...(Bytes | number[])} parts @returns {Bytes} */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Hashes

/** @param {Bytes} bytes @returns {Promise<Bytes>} */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** `SHA-256(0x00 ‖ entry)`. @param {Bytes} entry */
export const leafHash = (entry) => sha256(join([0], entry));

/** `SHA-256(0x01 ‖ left ‖ right)`. @param {Bytes} left @param {Bytes} right */
export const nodeHash = (left, right) => sha256(join([1], left, right));

/** The root of a tree without entries. */
export const emptyRoot = () => sha256(new Uint8Array());

/**
 * The root over hashes, a power of two of them, that lie one after another.
 * @param {Bytes} hashes
 */
export async function perfectRoot(hashes) {
  let level = hashes;
  while (level.length > HASH_SIZE) {
    /** @type {Promise<Bytes>[]} */
    const parents = [];
    for (let at = 0; at < level.length; at += 2 * HASH_SIZE) {
      parents.push(sha256(join([1], level.subarray(at, at + 2 * HASH_SIZE))));
    }
    level = join(...(await Promise.all(parents)));
  }
  return level;
}

/**
 * The root over perfect subtrees given from the left.
 * @param {Bytes[]} roots
 */
export async function fold(roots) {
  let node = roots[roots.length - 1];
  for (let at = roots.length - 2; at >= 0; at -= 1) node = await nodeHash(roots[at], node);
  return node;
}

// Proofs. Indexes and sizes are BigInt inside: a log may have more than 2^53 entries.

/**
 * Refuses a proof that entry `index`, with the leaf hash `leaf`, is in the tree with `root`.
 * @param {number | bigint} index
 * @param {number | bigint} size
 * @param {Bytes} leaf
 * @param {Bytes[]} proof from the leaf up
 * @param {Bytes} root
 */
export async function verifyInclusion(index, size, leaf, proof, root) {
  checkHashes([leaf, root, ...proof]);
  let at = BigInt(index);
  let last = BigInt(size) - 1n;
  if (at < 0n || at > last) {
    throw new ProofError(
      "outside",
      `Entry ${index} is not within the ${size} entries of the tree.`,
    );
  }
  let node = leaf;
  for (const sibling of proof) {
    if (last === 0n) throw new ProofError("inclusion", "The proof of inclusion is too long.");
    if (at & 1n || at === last) {
      node = await nodeHash(sibling, node);
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else {
      node = await nodeHash(node, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last) throw new ProofError("inclusion", "The proof of inclusion is too short.");
  if (!same(node, root)) {
    throw new ProofError(
      "inclusion",
      `The proof that entry ${index} is in the log leads to another root than the one that was ` +
        "signed: the entry or the proof was altered.",
    );
  }
}

/**
 * Refuses a proof that the tree of `old` entries is how the tree of `size` begins.
 * @param {number | bigint} old
 * @param {number | bigint} size
 * @param {Bytes} oldRoot
 * @param {Bytes} root
 * @param {Bytes[]} proof
 */
export async function verifyConsistency(old, size, oldRoot, root, proof) {
  checkHashes([oldRoot, root, ...proof]);
  const [before, after] = [BigInt(old), BigInt(size)];
  if (before < 1n || before > after) {
    throw new ProofError("outside", `There is no proof from ${old} entries to ${size}.`);
  }
  if (before === after) {
    if (proof.length) throw new ProofError("consistency", "Trees of one size need no proof.");
    if (!same(oldRoot, root)) throw forked(old, size);
    return;
  }
  const rest = before & (before - 1n) ? [...proof] : [oldRoot, ...proof];
  let first = rest.shift();
  if (!first) throw new ProofError("consistency", "The proof of consistency is empty.");
  let [at, last, second] = [before - 1n, after - 1n, first];
  while (at & 1n) [at, last] = [at >> 1n, last >> 1n];
  for (const sibling of rest) {
    if (last === 0n) throw new ProofError("consistency", "The proof of consistency is too long.");
    if (at & 1n || at === last) {
      [first, second] = [await nodeHash(sibling, first), await nodeHash(sibling, second)];
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else {
      second = await nodeHash(second, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last) throw new ProofError("consistency", "The proof of consistency is too short.");
  if (!same(first, oldRoot) || !same(second, root)) throw forked(old, size);
}

/** @param {number | bigint} old @param {number | bigint} size */
const forked = (old, size) =>
  new ProofError(
    "consistency",
    `The log of ${size} entries does not begin with the ${old} entries that were signed before: ` +
      "what was recorded has been changed.",
  );

/**
 * The ranges of entries whose roots prove that `old` entries begin a tree of `size`.
 * @param {number} old
 * @param {number} size
 * @returns {[number, number][]}
 */
export function consistencyRanges(old, size) {
  /** @type {(start: number, end: number, whole: boolean) => [number, number][]} */
  const subproof = (start, end, whole) => {
    if (old === end) return whole ? [] : [[start, end]];
    let half = 1;
    while (half * 2 < end - start) half *= 2;
    const middle = start + half;
    return old <= middle
      ? [...subproof(start, middle, whole), [middle, end]]
      : [...subproof(middle, end, false), [start, middle]];
  };
  return subproof(0, size, true);
}

/**
 * The perfect subtrees that make up the entries from `start` up to `end`, from the left.
 * @param {number} start
 * @param {number} end
 */
export function perfect(start, end) {
  /** @type {{ level: number, index: number }[]} */
  const found = [];
  for (let at = start; at < end; ) {
    let [level, span] = [0, 1];
    while (at % (2 * span) === 0 && at + 2 * span <= end) [level, span] = [level + 1, 2 * span];
    found.push({ level, index: at / span });
    at += span;
  }
  return found;
}

/** @param {Bytes[]} hashes */
function checkHashes(hashes) {
  if (hashes.length > MAX_PROOF + 2) throw new ProofError("proof", "The proof is too long.");
  const wrong = hashes.find((hash) => hash.length !== HASH_SIZE);
  if (wrong) throw new ProofError("proof", `A hash of ${wrong.length} bytes is no SHA-256 hash.`);
}

/**
 * Where a tile lies below the log's address: `tile/0/x001/234.p/17`.
 * @param {number | "entries"} level
 * @param {number} number
 * @param {number} [width]
 */
export function tilePath(level, number, width = WIDTH) {
  let path = String(number % 1000).padStart(3, "0");
  for (let rest = Math.floor(number / 1000); rest; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, "0")}/${path}`;
  }
  return `tile/${level}/${path}${width === WIDTH ? "" : `.p/${width}`}`;
}

// Signed notes

const LINE = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids exactly these
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/u;

/** @param {string} name */
function checkName(name) {
  if (name === "" || /[\p{White_Space}\p{Cc}\p{Cs}+]/u.test(name)) {
    throw new ProofError("key-name", `“${name.slice(0, 80)}” cannot be the name of a key.`);
  }
}

/**
 * Reads a verifier key, `<name>+<8 hex digits>+<base64>`.
 * @param {string} text
 * @returns {Promise<VerifierKey>}
 */
export async function parseKey(text) {
  const written = text.trim();
  const found = /^([^+]*)\+([0-9a-f]{8})\+(.+)$/u.exec(written);
  if (!found) {
    throw new ProofError(
      "key",
      `“${written.slice(0, 80)}” is not a key: one is written name+hash+base64, on one line.`,
    );
  }
  const [, name, id, encoded] = found;
  checkName(name);
  const made = fromBase64(encoded, `The key of ${name}`);
  const right = hex((await sha256(join(bytesOf(`${name}\n`), made))).subarray(0, 4));
  if (right !== id) {
    throw new ProofError("key", `The key of ${name} was altered: its hash is ${right}, not ${id}.`);
  }
  const [algorithm, key] = [made[0], made.slice(1)];
  if (made.length < 2 || ([ED25519, COSIGNATURE].includes(algorithm) && key.length !== 32)) {
    throw new ProofError("key", `The key of ${name} is not 32 bytes long.`);
  }
  return { name, algorithm, id, key, text: written };
}

/**
 * A note's text and who signed it. At least one known key's signature holds, and none fails;
 * signatures by unknown keys are passed over.
 * @param {string} note
 * @param {VerifierKey[]} keys
 * @param {string} what named in what is wrong, such as "The checkpoint"
 * @returns {Promise<{ text: string, verified: Verified[] }>}
 */
export async function openNote(note, keys, what = "The note") {
  const { text, signatures } = splitNote(note, what);
  /** @type {Map<string, Verified>} */
  const verified = new Map();
  for (const { name, id, blob } of signatures) {
    const key = keys.find((each) => each.name === name && each.id === id);
    const line = `${name}+${id}`;
    if (!key || ![ED25519, COSIGNATURE].includes(key.algorithm)) continue;
    const time = key.algorithm === COSIGNATURE ? cosignedAt(blob) : undefined;
    const message = time === undefined ? text : `cosignature/v1\ntime ${time}\n${text}`;
    const made = time === undefined ? blob : blob.slice(8);
    const isTime = time === undefined || time <= MAX_TIME;
    if (!isTime || !(await verifyEd25519(key.key, made, bytesOf(message)))) {
      throw new ProofError(
        "signature",
        `${what} is not what ${line} signed: it or its signature was altered.`,
      );
    }
    if (!verified.has(line)) {
      verified.set(line, { key, time: time === undefined ? undefined : Number(time) });
    }
  }
  if (!verified.size) {
    const by = signatures.map(({ name, id }) => `${name}+${id}`).join(", ");
    const known = keys.map(({ name, id }) => `${name}+${id}`).join(", ") || "none";
    throw new ProofError(
      "unknown-key",
      `${what} is not signed by a key that is trusted here (${known}), but by ${by}.`,
    );
  }
  return { text, verified: [...verified.values()] };
}

/**
 * @param {string} note
 * @param {string} what
 */
function splitNote(note, what) {
  const gap = note.lastIndexOf("\n\n");
  if (note.length > MAX_NOTE || CONTROL.test(note) || gap < 0 || !note.endsWith("\n")) {
    throw new ProofError("note", `${what} is no signed note.`);
  }
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) {
    throw new ProofError("note", `${what} has ${lines.length} signatures, over ${MAX_SIGNATURES}.`);
  }
  const signatures = lines.map((line) => {
    const [, name, encoded] = LINE.exec(line) ?? [];
    if (!name) throw new ProofError("note", `${what} has a line that is no signature.`);
    checkName(name);
    const made = fromBase64(encoded, `The signature of ${name}`);
    if (made.length < 5) throw new ProofError("note", `The signature of ${name} is too short.`);
    return { name, id: hex(made.subarray(0, 4)), blob: made.slice(4) };
  });
  return { text: note.slice(0, gap + 1), signatures };
}

/** @param {Bytes} blob */
const cosignedAt = (blob) =>
  blob.length < 8 ? 0n : new DataView(blob.buffer, blob.byteOffset).getBigUint64(0);

/**
 * @param {Bytes} key
 * @param {Bytes} signature
 * @param {Bytes} message
 */
export async function verifyEd25519(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

// Checkpoints and proof files

/**
 * Reads a checkpoint's text; who signed it is `openCheckpoint`'s to check.
 * @param {string} text
 * @returns {Promise<Checkpoint>}
 */
export async function parseCheckpoint(text) {
  const lines = text.split("\n");
  const [origin, size, encoded] = lines;
  if (
    lines.length < 4 ||
    lines.pop() !== "" ||
    lines.includes("") ||
    !/^(0|[1-9][0-9]{0,18})$/.test(size)
  ) {
    throw new ProofError(
      "checkpoint",
      "The checkpoint does not say which log it is of, or its size.",
    );
  }
  if (!Number.isSafeInteger(Number(size))) {
    throw new ProofError("checkpoint", `A log of ${size} entries is larger than can be read here.`);
  }
  const root = fromBase64(encoded, "The checkpoint's root");
  if (root.length !== HASH_SIZE || (size === "0" && !same(root, await emptyRoot()))) {
    throw new ProofError("checkpoint", "The checkpoint's root is no root of a log of its size.");
  }
  return { origin, size: Number(size), root };
}

/**
 * A checkpoint that the log itself has signed, with every signature that was verified.
 * @param {string} note
 * @param {VerifierKey[]} keys
 * @param {string} [what]
 */
export async function openCheckpoint(note, keys, what = "The checkpoint") {
  const { text, verified } = await openNote(note, keys, what);
  const checkpoint = await parseCheckpoint(text);
  if (!verified.some(({ key }) => key.name === checkpoint.origin && key.algorithm === ED25519)) {
    throw new ProofError(
      "unknown-key",
      `${what} is not signed by its own log, ${checkpoint.origin}.`,
    );
  }
  return { checkpoint, verified };
}

/**
 * Reads a tlog-proof file; nothing in it is verified yet.
 * @param {string} text
 * @returns {Proof}
 */
export function parseProof(text) {
  const gap = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(gap, 0)).split("\n");
  if (text.length > MAX_RECEIPT || gap < 0 || lines.shift() !== HEADER) {
    throw new ProofError("receipt", `The file is no receipt: it does not begin with ${HEADER}.`);
  }
  /** @type {Bytes} */
  let extra = new Uint8Array();
  if (lines[0]?.startsWith("extra ")) {
    extra = fromBase64(lines[0].slice(6), "The receipt's extra line");
    if (!extra.length) throw new ProofError("receipt", "The receipt's extra line is empty.");
    lines.shift();
  }
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "")?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) {
    throw new ProofError("receipt", "The receipt does not say which entry it is for.");
  }
  const hashes = lines.map((line) => fromBase64(line, "A hash of the receipt's proof"));
  checkHashes(hashes);
  return { index: Number(index), hashes, checkpoint: text.slice(gap + 2), extra };
}

/**
 * What stands in the log for an outside reference: `HMAC-SHA-256(salt, source ‖ 0x0A ‖ ref)`.
 * @param {Bytes} salt
 * @param {string} source
 * @param {string} ref
 */
export async function commitment(salt, source, ref) {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", salt, hmac, false, ["sign"]);
  return hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytesOf(`${source}\n${ref}`))));
}
