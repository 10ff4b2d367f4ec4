/**
 * What this device keeps of its reader's reads and shares: here and nowhere else, until it is
 * deleted. Where storage is blocked or full, nothing is kept and everything works.
 */

/** @typedef {{ share: string, unit: string, kind: string, label: string }} Sum a rational, as "1/3" */
/** @typedef {{ title: string, at: string, entry: number, line: string, place: number, path: string[] }} Receipt */
/** @typedef {{ code: string, title: string, did: string }} Share */
/** @typedef {{ given: Record<string, Sum>, receipts: Receipt[], shares: Share[] }} Kept */

const NAME = "almoner-reads";
const MAX_RECEIPTS = 200; // Half a megabyte at most, of the five that browsers give a site.
const MAX_SHARES = 50;

/** @returns {Kept} */
export function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    return { given: {}, receipts: [], shares: [], ...kept };
  } catch {
    return { given: {}, receipts: [], shares: [] };
  }
}

/** Changes what is kept. @param {(kept: Kept) => void} change */
export function change(change) {
  const kept = read();
  change(kept);
  kept.receipts = kept.receipts.slice(-MAX_RECEIPTS);
  kept.shares = kept.shares.slice(-MAX_SHARES);
  try {
    localStorage.setItem(NAME, JSON.stringify(kept));
  } catch {
    // Blocked or full: the read has counted all the same.
  }
}

/** Deletes all of it. */
export function forget() {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // Nothing could be kept either.
  }
}

/** The exact sum of two rationals. @param {string} a @param {string} b */
export function add(a, b) {
  const [p, q] = parts(a);
  const [r, s] = parts(b);
  const over = p * s + r * q;
  const under = q * s;
  const common = divisor(over, under);
  return `${over / common}/${under / common}`;
}

/** A rational as a number, rounded down to four places. @param {string} share */
export function number(share) {
  const [over, under] = parts(share);
  return Number((over * 10_000n) / under) / 10_000;
}

/** @param {string} share @returns {[bigint, bigint]} */
function parts(share) {
  const [over, under = "1"] = share.split("/");
  return [BigInt(over), BigInt(under)];
}

/** @param {bigint} a @param {bigint} b @returns {bigint} */
function divisor(a, b) {
  return b ? divisor(b, a % b) : a || 1n;
}
