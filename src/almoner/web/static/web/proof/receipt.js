/**
 * Verifies a receipt in four steps, and tells each as it is done. No page, no state.
 *
 * The first three need nothing but the file and a key: who signed, that the entry is in what was
 * signed, that the entry is about this very order, or for this very read. The fourth asks the log:
 * whether what it publishes today still begins with what it had signed when the receipt was made.
 */

import { parseEntry } from "./entries.js";
import { Log, parseJson, requireCryptography, Tree } from "./log.js";
import {
  bytesOf,
  commitment,
  consistencyRanges,
  fromHex,
  hex,
  leafHash,
  openCheckpoint,
  ProofError,
  parseProof,
  textOf,
  verifyConsistency,
  verifyInclusion,
} from "./verify.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./verify.js").Bytes} Bytes */
/** @typedef {"signature" | "inclusion" | "commitment" | "today"} Step */
/** A read, as its reader keeps it: `line` is the read itself.
 * @typedef {{ line: string, story: string, place: number, path: Bytes[] }} Read */
/** @typedef {{ entry: Entry, line: string, source: string, ref: string, read?: Read,
 *   origin: string, size: number, key: string, newest: number }} Proven */
/** What a receipt holds beside its proof: what opens the commitment, or a read.
 * @typedef {{ line: string, source: string, ref: string, salt: Bytes, read?: Read }} Disclosed */

/** A salt with a zero after it would make the same commitment: HMAC pads with zeros. */
const SALT_SIZE = 16;
/** @type {Step[]} */
export const STEPS = ["signature", "inclusion", "commitment", "today"];

/**
 * @param {string} text the receipt
 * @param {string} logUrl
 * @param {string} key a verifier key that the reader knows from elsewhere, or ""
 * @param {(step: Step, detail: string) => void} done called after each step that holds
 * @returns {Promise<Proven>}
 */
export async function verifyReceipt(text, logUrl, key, done) {
  await requireCryptography();
  const proof = parseProof(text);
  const { line, source, ref, salt, read } = disclosed(proof);
  const log = new Log(logUrl);
  const trust = await log.trust(key);
  const known = [...trust.keys, ...trust.witnesses];
  const signed = await openCheckpoint(proof.checkpoint, known, "The receipt's checkpoint");
  const { origin, size, root } = signed.checkpoint;
  const signer = /** @type {import("./verify.js").Verified} */ (
    signed.verified.find(({ key: { name } }) => name === origin)
  ).key;
  done("signature", `By ${signer.name}+${signer.id}, over ${size.toLocaleString("en")} entries.`);

  const bytes = bytesOf(line);
  await verifyInclusion(proof.index, size, await leafHash(bytes), proof.hashes, root);
  const entry = parseEntry(bytes, proof.index);
  if (entry.index !== proof.index) {
    throw new ProofError(
      "receipt",
      `The entry says it is number ${entry.index}, not ${proof.index}.`,
    );
  }
  done("inclusion", `It is entry ${proof.index.toLocaleString("en")}.`);

  if (read) {
    done("commitment", await inBatch(read, entry));
  } else if (source.includes("\n") || (await commitment(salt, source, ref)) !== entry.event) {
    throw new ProofError(
      "commitment",
      `The entry is not about ${ref} of ${source}: the receipt's names were altered.`,
    );
  } else {
    done("commitment", `${ref} of ${source}, which the log itself does not name.`);
  }

  const { checkpoint: newest } = await log.checkpoint(trust);
  if (newest.origin !== origin) {
    throw new ProofError("other-log", `The receipt is of the log ${origin}, not ${newest.origin}.`);
  }
  if (newest.size < size) {
    throw new ProofError(
      "rolled-back",
      `The log was rolled back: it had ${size} entries when the receipt was made, and has ` +
        `${newest.size} now.`,
    );
  }
  const tree = new Tree(log, newest);
  await tree.open();
  const ranges = consistencyRanges(size, newest.size);
  const hashes = await Promise.all(ranges.map(([start, end]) => tree.root(start, end)));
  await verifyConsistency(size, newest.size, root, newest.root, hashes);
  done("today", `All ${newest.size.toLocaleString("en")} entries of today begin with those.`);
  return { entry, line, source, ref, read, origin, size, key: signer.text, newest: newest.size };
}

/**
 * Holds a read against the root of the batch that an entry is for.
 * @param {Read} read
 * @param {Entry} entry
 */
async function inBatch({ line, story, place, path }, { index, reads }) {
  if (!reads) throw new ProofError("read", `Entry ${index} is for no reads.`);
  const { count, root } = reads;
  const leaf = await leafHash(bytesOf(line));
  try {
    await verifyInclusion(place, count, leaf, path, fromHex(root, "The root of the reads"));
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    const sentence = `The read is none of those that entry ${index} is for: it was altered.`;
    throw new ProofError("read", sentence);
  }
  const others = count > 1 ? `one of ${count.toLocaleString("en")} reads` : "the only read";
  return `A read of “${story}”, ${others} that the entry is for. The log itself names no story.`;
}

/**
 * Whether a receipt, of which nothing is verified yet, is that of a read.
 * @param {string} text
 */
export function isOfRead(text) {
  try {
    return parseJson(parseProof(text).extra, "The receipt's extra line")?.read !== undefined;
  } catch {
    return false;
  }
}

/**
 * @param {import("./verify.js").Proof} proof
 * @returns {Disclosed}
 */
function disclosed({ extra }) {
  const what = "The receipt's extra line";
  const held = parseJson(extra, what) ?? {};
  if (held.read !== undefined) return disclosedRead(held, extra);
  const { entry, source, ref, salt } = held;
  if ([entry, source, ref, salt].some((each) => typeof each !== "string")) {
    throw new ProofError("receipt", "The receipt does not hold the entry that it is for.");
  }
  // Nobody has signed this line: what is not written as it is always written was altered.
  if (JSON.stringify({ entry, source, ref, salt }) !== textOf(extra, what)) {
    throw new ProofError("receipt", `${what} is not written as its content is written.`);
  }
  const opened = fromHex(salt, "The receipt's salt");
  if (opened.length !== SALT_SIZE || salt !== hex(opened)) {
    throw new ProofError("receipt", `The receipt's salt is not ${SALT_SIZE} bytes.`);
  }
  return { line: entry, source, ref, salt: opened };
}

/**
 * @param {any} held
 * @param {Bytes} extra
 * @returns {Disclosed}
 */
function disclosedRead({ entry, read, place, path }, extra) {
  const isPath = Array.isArray(path) && path.every((each) => typeof each === "string");
  if (typeof entry !== "string" || typeof read !== "string" || !isPath) {
    throw new ProofError("receipt", "The receipt does not hold the read that it is for.");
  }
  const what = "The receipt's extra line";
  if (JSON.stringify({ entry, read, place, path }) !== textOf(extra, what)) {
    throw new ProofError("receipt", `${what} is not written as its content is written.`);
  }
  const { story, serial, nonce } = parseJson(bytesOf(read), "The read") ?? {};
  const isRead = typeof story === "string" && typeof nonce === "string";
  if (
    !isRead ||
    !Number.isSafeInteger(serial) ||
    JSON.stringify({ story, serial, nonce }) !== read
  ) {
    throw new ProofError("receipt", "The read is not written as its content is written.");
  }
  const hashes = path.map((each) => fromHex(each, "A hash of the batch's path"));
  if (path.some((each, at) => each !== hex(hashes[at]))) {
    throw new ProofError("receipt", "A hash of the batch's path is not written as it should be.");
  }
  const found = { line: read, story, place, path: hashes };
  return { line: entry, source: "", ref: "", salt: new Uint8Array(), read: found };
}
