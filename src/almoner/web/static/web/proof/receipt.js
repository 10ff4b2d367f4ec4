/**
 * Verifies a receipt in four steps, and tells each as it is done. No page, no state.
 *
 * The first three need nothing but the file and a key: who signed, that the entry is in what was
 * signed, that the entry is about this very order. The fourth asks the log: whether what it
 * publishes today still begins with what it had signed when the receipt was made.
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
/** @typedef {"signature" | "inclusion" | "commitment" | "today"} Step */
/** @typedef {{ entry: Entry, line: string, source: string, ref: string, origin: string,
 *   size: number, key: string, newest: number }} Proven */

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
  const { line, source, ref, salt } = disclosed(proof);
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

  if (source.includes("\n") || (await commitment(salt, source, ref)) !== entry.event) {
    throw new ProofError(
      "commitment",
      `The entry is not about ${ref} of ${source}: the receipt's names were altered.`,
    );
  }
  done("commitment", `${ref} of ${source}, which the log itself does not name.`);

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
  return { entry, line, source, ref, origin, size, key: signer.text, newest: newest.size };
}

/** @param {import("./verify.js").Proof} proof */
function disclosed({ extra }) {
  const what = "The receipt's extra line";
  const { entry, source, ref, salt } = parseJson(extra, what) ?? {};
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
