/**
 * Makes the receipt of a read: the entry's part, which anybody can have, and the reader's own.
 *
 * The file holds by itself and can be verified by `almoner verify receipt` and on the page
 * "Check these numbers". Pure.
 */

import { parseJson } from "./log.js";
import { bytesOf, parseProof, toBase64 } from "./verify.js";

/**
 * @param {string} entryPart what `/receipts/reads/<entry>.tlog-proof` answered
 * @param {string} read the read's own line, as it was given to its reader
 * @param {number} place where the read is in its batch
 * @param {string[]} path what proves it to be there, in hexadecimal, from the leaf up
 * @returns {string} the file
 */
export function composeReceipt(entryPart, read, place, path) {
  const { extra, index } = parseProof(entryPart);
  const { entry } = parseJson(extra, "The entry's part of a receipt");
  const [header] = entryPart.split("\n", 1);
  const rest = entryPart.slice(entryPart.indexOf(`\nindex ${index}\n`));
  const held = JSON.stringify({ entry, read, place, path });
  return `${header}\nextra ${toBase64(bytesOf(held))}${rest}`;
}
