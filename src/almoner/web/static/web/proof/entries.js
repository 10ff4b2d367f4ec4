/**
 * Folds the entries of a log into every counter, trusting none of them.
 *
 * Refused, with the entry named: one that is not canonical (its content, written again, is not
 * its bytes), that is not the number it lies at, whose time is before the entry before it, that
 * overdraws an account, whose postings are not the growth of the floor of its campaigns' exact
 * totals, or that takes off more than it corrects holds. Amounts are BigInt, shares exact
 * fractions of them. The entry is described in docs/reference/entry.md. Pure. Limit: whether an
 * event really happened, and whether a campaign's terms were kept, is not in the entries.
 */

import { ProofError, textOf } from "./verify.js";

/** @typedef {import("./verify.js").Bytes} Bytes */
/** @typedef {{ over: bigint, under: bigint }} Fraction */
/** @typedef {{ campaign: string, version: number, share: string, limited?: string }} Pledge */
/** @typedef {{ debit: string, credit: string, unit: string, value: string }} Posting */
/** @typedef {{ v: number, index: number, time: string, kind: string, event?: string,
 *   corrects?: number, pledges?: Pledge[], postings?: Posting[] }} Entry */
/** @typedef {"opening" | "held" | "owed" | "delivered" | "confirmed" | "pledged" | "shown"} Measure */
/** @typedef {Record<Measure, bigint>} Totals */

const SCHEMA = 1;
const KINDS = ["pledge", "refund", "opening", "deposit", "transfer"];
const EXTERNAL = "external";
const TIME = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;
const EVENT = /^[0-9a-f]{64}$/;
// An amount has 19 digits at most, and a share's denominator is the product of a few rates'.
// Without a bound one entry could keep a recount busy for ever.
const VALUE = /^(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,39}))?$/;
const SHARE = /^(-?(?:0|[1-9][0-9]{0,999}))(?:\/([1-9][0-9]{0,999}))?$/;
const HOLDS =
  /^(?:opening|campaign\/[^/]+\/(held)|charity\/[^/]+\/(owed|delivered|confirmed))\/([^/]+)$/;

/**
 * The measure and the cause that an account counts for; blanks for any other.
 * @param {string} account
 * @returns {{ measure: "" | "opening" | "held" | "owed" | "delivered" | "confirmed", cause: string }}
 */
export function measured(account) {
  const found = HOLDS.exec(account);
  if (!found) return { measure: "", cause: "" };
  const measure = /** @type {"held" | "owed"} */ (found[1] ?? found[2] ?? "opening");
  return { measure, cause: found[3] };
}

/**
 * Reads an entry, if writing its content gives the very same bytes.
 * @param {Bytes} bytes
 * @param {number} index
 * @returns {Entry}
 */
export function parseEntry(bytes, index) {
  const text = textOf(bytes, `Entry ${index}`);
  /** @type {Entry} */
  let entry;
  try {
    entry = JSON.parse(text);
    if (JSON.stringify(canonical(entry)) === text) return entry;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw wrong(index, "cannot be read");
  }
  throw wrong(index, "is not written as its content is written");
}

/**
 * What an entry says, its fields in their order, empty ones left out (docs/reference/entry.md).
 * @param {Entry} entry
 */
function canonical({ v, index, time, kind, event, corrects, pledges, postings }) {
  return {
    v: number(v),
    index: number(index),
    time: words(time),
    kind: words(kind),
    event: words(event ?? "") || undefined,
    corrects: corrects === undefined ? undefined : number(corrects),
    pledges: pledges?.length
      ? pledges.map(({ campaign, version, share, limited }) => ({
          campaign: words(campaign),
          version: number(version),
          share: words(share),
          limited: words(limited ?? "") || undefined,
        }))
      : undefined,
    postings: postings?.length
      ? postings.map(({ debit, credit, unit, value }) => ({
          debit: words(debit),
          credit: words(credit),
          unit: words(unit),
          value: words(value),
        }))
      : undefined,
  };
}

/** @param {unknown} value */
function words(value) {
  if (typeof value !== "string") throw new TypeError("no text");
  return value;
}

/** @param {unknown} value */
function number(value) {
  if (!Number.isSafeInteger(value)) throw new TypeError("no whole number");
  return /** @type {number} */ (value);
}

/**
 * @param {number} index
 * @param {string} what
 */
const wrong = (index, what) => new ProofError("entry", `Entry ${index} ${what}.`);

/** Everything that the entries so far make. */
export class Fold {
  size = 0;
  /** @type {Map<string, { account: string, unit: string, minor: bigint }>} */
  balances = new Map();
  /** @type {Map<string, number>} decimal places of each unit */
  scales = new Map();
  /** @type {Map<string, string>} the unit of each cause */
  units = new Map();
  #time = "";
  /** @type {Map<string, { due: bigint, parts: bigint }>} each campaign's exact total */
  #standings = new Map();
  /** @type {Map<string, Map<string, Fraction>>} shares by campaign, once for each way they come */
  #shares = new Map();
  /** @type {(Map<string, Fraction> | string)[]} what each entry granted, or its kind */
  #granted = [];
  /** @type {Map<string, Fraction>} what is left of a grant that was corrected */
  #left = new Map();

  /**
   * Folds the next entry.
   * @param {Bytes} bytes
   */
  add(bytes) {
    const entry = parseEntry(bytes, this.size);
    this.#check(entry);
    const shares = this.#sharesOf(entry);
    const postings = (entry.postings ?? []).map((posting) => this.#minor(posting));
    if (entry.corrects !== undefined) this.#correct(entry.corrects, shares);
    if (shares.size) this.#promise(shares, entry.postings ?? [], postings);
    this.#move(entry.postings ?? [], postings);
    this.#granted.push(entry.kind === "pledge" ? shares : entry.kind);
    this.#time = entry.time;
    this.size += 1;
  }

  /**
   * The measures of every cause, in minor units, as the counters name them.
   * @returns {Map<string, Totals>}
   */
  totals() {
    /** @type {Map<string, Totals>} */
    const found = new Map();
    for (const { account, minor } of this.balances.values()) {
      const { measure, cause } = measured(account);
      if (!measure) continue;
      const sums = found.get(cause) ?? nothing();
      sums[measure] += minor;
      found.set(cause, sums);
    }
    for (const sums of found.values()) {
      sums.delivered += sums.confirmed;
      sums.pledged = sums.held + sums.owed + sums.delivered;
      sums.shown = sums.opening + sums.pledged;
    }
    return found;
  }

  /** @param {Entry} entry */
  #check({ v, index, time, kind, event, corrects, pledges }) {
    const at = this.size;
    if (v !== SCHEMA || index !== at) {
      throw wrong(at, `does not begin as entry ${at} of version ${SCHEMA} does`);
    }
    if (!TIME.test(time) || !isDay(time.slice(0, 10)))
      throw wrong(at, "has no time in UTC with microseconds");
    if (time < this.#time) throw wrong(at, `is of ${time}, before the entry before it`);
    if (!KINDS.includes(kind)) throw wrong(at, `is of an unknown kind: ${kind}`);
    if (event && !EVENT.test(event)) {
      throw wrong(at, "has a commitment that is not 64 hexadecimal digits");
    }
    if ((kind === "refund") !== (corrects !== undefined)) {
      throw wrong(at, `is a ${kind} with corrects: ${corrects ?? "nothing"}`);
    }
    if ((pledges !== undefined) !== (kind === "pledge" || kind === "refund")) {
      throw wrong(at, `is a ${kind} with ${pledges?.length ?? 0} pledges`);
    }
  }

  /** @param {Entry} entry */
  #sharesOf({ kind, pledges }) {
    const named = JSON.stringify([kind, pledges]);
    let shares = this.#shares.get(named);
    if (shares) return shares;
    shares = new Map();
    for (const { campaign, share } of pledges ?? []) {
      const [, over, under = "1"] = SHARE.exec(share) ?? [];
      if (!over) throw wrong(this.size, `gives a share of ${share}`);
      if (kind === "refund" ? BigInt(over) > 0n : BigInt(over) < 0n) {
        throw wrong(this.size, `is a ${kind} with a share of ${share}`);
      }
      if (shares.has(campaign)) throw wrong(this.size, "names a campaign twice");
      shares.set(campaign, { over: BigInt(over), under: BigInt(under) });
    }
    this.#shares.set(named, shares);
    return shares;
  }

  /**
   * A posting's amount in minor units, once its unit is the one of its causes.
   * @param {Posting} posting
   */
  #minor({ debit, credit, unit, value }) {
    const [, whole, fraction = ""] = VALUE.exec(value) ?? [];
    const minor = BigInt((whole ?? "0") + fraction);
    if (!minor) throw wrong(this.size, `moves ${value} ${unit}`);
    if (debit === credit) throw wrong(this.size, `moves from ${debit} to itself`);
    if ((this.scales.get(unit) ?? fraction.length) !== fraction.length) {
      throw wrong(this.size, `writes ${value} ${unit} in another scale`);
    }
    this.scales.set(unit, fraction.length);
    for (const account of [debit, credit]) {
      const { cause } = measured(account);
      const counted = this.units.get(cause) ?? unit;
      if (cause && counted !== unit) {
        throw wrong(this.size, `counts ${cause} in ${unit}, not in ${counted}`);
      }
      if (cause) this.units.set(cause, unit);
    }
    return minor;
  }

  /**
   * Holds each posting against the growth of its campaign's floor.
   * @param {Map<string, Fraction>} shares
   * @param {Posting[]} postings
   * @param {bigint[]} minors
   */
  #promise(shares, postings, minors) {
    let at = 0;
    for (const [campaign, share] of shares) {
      const growth = this.#grow(campaign, share);
      if (!growth) continue;
      const back = /^(charity|campaign)\//.test(postings[at]?.debit ?? "");
      const posted = back ? -minors[at] : (minors[at] ?? 0n);
      if (posted !== growth) {
        const grown = `whose exact total grew by ${growth} (in minor units)`;
        throw wrong(this.size, `moves ${posted} for ${campaign}, ${grown}`);
      }
      at += 1;
    }
    if (at !== postings.length) throw wrong(this.size, "has a posting that no pledge accounts for");
  }

  /**
   * Adds a share to a campaign's exact total, and returns by how much its floor grew.
   * @param {string} campaign
   * @param {Fraction} share
   */
  #grow(campaign, { over, under }) {
    let { due, parts } = this.#standings.get(campaign) ?? { due: 0n, parts: 1n };
    if (parts % under) {
      const wider = (parts / common(parts, under)) * under;
      [due, parts] = [due * (wider / parts), wider];
    }
    const after = due + over * (parts / under);
    if (after < 0n) throw wrong(this.size, `leaves ${campaign} below nothing`);
    this.#standings.set(campaign, { due: after, parts });
    return after / parts - due / parts;
  }

  /**
   * Holds a refund against the entry that it takes from.
   * @param {number} target
   * @param {Map<string, Fraction>} shares
   */
  #correct(target, shares) {
    const granted = this.#granted[target];
    if (granted === undefined) {
      throw wrong(this.size, `corrects entry ${target}, which is not before it`);
    }
    if (typeof granted === "string") {
      throw wrong(this.size, `corrects entry ${target}, which is a ${granted}`);
    }
    for (const [campaign, { over, under }] of shares) {
      const at = `${target} ${campaign}`;
      const held = this.#left.get(at) ?? granted.get(campaign) ?? { over: 0n, under: 1n };
      const left = { over: held.over * under + over * held.under, under: held.under * under };
      if (left.over < 0n) {
        throw wrong(this.size, `takes more off ${campaign} than entry ${target} gave it`);
      }
      this.#left.set(at, left);
    }
  }

  /**
   * @param {Posting[]} postings
   * @param {bigint[]} minors
   */
  #move(postings, minors) {
    for (const [at, { debit, credit, unit }] of postings.entries()) {
      this.#account(credit, unit).minor += minors[at];
      this.#account(debit, unit).minor -= minors[at];
    }
    for (const { debit, unit } of postings) {
      const { minor } = this.#account(debit, unit);
      if (minor < 0n && debit !== EXTERNAL) {
        throw wrong(this.size, `leaves ${debit} at ${minor} ${unit} in minor units`);
      }
    }
  }

  /**
   * @param {string} account
   * @param {string} unit
   */
  #account(account, unit) {
    const at = `${account} ${unit}`;
    const found = this.balances.get(at) ?? { account, unit, minor: 0n };
    this.balances.set(at, found);
    return found;
  }
}

/** @param {string} day such as 2026-05-20, which there is, and not 2026-02-30 */
const isDay = (day) => {
  const found = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(found.valueOf()) && found.toISOString().startsWith(day);
};

/** @param {bigint} one @param {bigint} other @returns {bigint} their greatest common divisor */
const common = (one, other) => (other ? common(other, one % other) : one);

/** @returns {Totals} */
export const nothing = () => ({
  opening: 0n,
  held: 0n,
  owed: 0n,
  delivered: 0n,
  confirmed: 0n,
  pledged: 0n,
  shown: 0n,
});

/**
 * Minor units as a decimal string, all places shown: `(1998n, 2)` is `19.98`.
 * @param {bigint} minor
 * @param {number} scale
 */
export function decimal(minor, scale) {
  const sign = minor < 0n ? "-" : "";
  const digits = String(minor < 0n ? -minor : minor).padStart(scale + 1, "0");
  return scale ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : sign + digits;
}
