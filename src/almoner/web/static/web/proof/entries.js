/**
 * Folds the entries of a log into every counter, trusting none of them.
 *
 * Refused, with the entry named: one that is not canonical (its content, written again, is not
 * its bytes), that is not the number it lies at, whose time is before the entry before it, that
 * overdraws an account, whose postings are not what its campaigns' exact totals make, that
 * moves a promise otherwise than its kind may, that gives twice for the same reads, or that
 * takes back more than what it corrects gave. Amounts are BigInt, shares exact fractions of them. The entry and the rules are
 * described in docs/reference/entry.md. Pure. Limit: whether an event really happened, and
 * whether a campaign's terms were kept, is not in the entries.
 */

import { ProofError, textOf } from "./verify.js";

/** @typedef {import("./verify.js").Bytes} Bytes */
/** @typedef {{ over: bigint, under: bigint }} Fraction */
/** @typedef {{ campaign: string, version: number, share: string, limited?: string,
 *   charity?: string, held?: boolean }} Pledge */
/** @typedef {{ debit: string, credit: string, unit: string, value: string }} Posting */
/** @typedef {{ count: number, root: string }} Reads */
/** @typedef {{ v: number, index: number, time: string, kind: string, event?: string,
 *   corrects?: number, pledges?: Pledge[], postings?: Posting[], evidence?: string[],
 *   reads?: Reads }} Entry */
/** @typedef {"held" | "owed" | "delivered" | "confirmed"} Stage */
/** @typedef {Stage | "opening" | "pledged" | "shown"} Measure */
/** @typedef {Record<Measure, bigint>} Totals */
/** What a promise stands on: an account of a campaign or a charity, taken apart.
 * @typedef {{ stage: Stage, campaign: string, charity: string, cause: string }} Place */
/** A share, whose it is, and to which of that part's totals it is added. `part` is the campaign
 * and, where that is split, the charity, as one name.
 * @typedef {Fraction & { part: string, campaign: string, charity: string, promised: boolean,
 *   matured: boolean }} Promised */
/** Exact totals: `due / parts` promised in all, `matured / parts` no longer held.
 * @typedef {{ due: bigint, matured: bigint, parts: bigint }} Standing */
/** From where to where a pledge's amount goes, the payer being `payer`.
 * @typedef {{ source: Stage | "payer", target: Stage | "payer", minor: bigint }} Leg */
/** What an entry granted or handed over, for those that correct it.
 * @typedef {{ kind: string, promises: Map<string, Promised>, postings: Posting[],
 *   minors: bigint[] }} Kept */

const SCHEMA = 1;
const MAX_EVIDENCE = 20;
const MAX_READS = 1_000_000;
// What the entries of each kind do: promise, hand over, or move money that is not promised yet.
const PROMISES = ["pledge", "top-up", "refund", "maturity"];
const HANDOVERS = ["delivery", "confirmation", "reversal"];
const KINDS = [...PROMISES, ...HANDOVERS, "opening", "deposit", "transfer"];
const CORRECTIONS = ["refund", "reversal"];
const CORRECTABLE = ["pledge", "delivery", "confirmation"];
// From where to where a handover goes: a reversal back the way that one of the others went.
/** @type {Record<string, string[]>} */
const WAYS = {
  delivery: ["owed delivered"],
  confirmation: ["delivered confirmed"],
  reversal: ["delivered owed", "confirmed delivered"],
};
const EXTERNAL = "external";
const TIME = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;
const DIGEST = /^[0-9a-f]{64}$/;
// An amount has 19 digits at most, and a share's denominator is the product of a few rates'.
// Without a bound one entry could keep a recount busy for ever.
const VALUE = /^(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,39}))?$/;
const SHARE = /^(-?(?:0|[1-9][0-9]{0,999}))(?:\/([1-9][0-9]{0,999}))?$/;
const FUND = /^sponsor\/[^/]+\/fund$/;
const OPENING = /^opening\/([^/]+)$/;
const HELD = /^campaign\/([^/]+)\/held\/([^/]+)\/([^/]+)$/;
const GIVEN = /^charity\/([^/]+)\/(owed|delivered|confirmed)\/([^/]+)\/([^/]+)$/;

/**
 * What of a campaign and a charity stands on an account; undefined for any other.
 * @param {string} account
 * @returns {Place | undefined}
 */
function placeOf(account) {
  const given = GIVEN.exec(account);
  if (given) {
    const [, charity, stage, cause, campaign] = given;
    return { stage: /** @type {Stage} */ (stage), campaign, charity, cause };
  }
  const [, campaign, cause, charity] = HELD.exec(account) ?? [];
  return campaign ? { stage: "held", campaign, charity, cause } : undefined;
}

/**
 * The measure and the cause that an account counts for; blanks for any other.
 * @param {string} account
 * @returns {{ measure: "" | "opening" | Stage, cause: string }}
 */
export function measured(account) {
  const place = placeOf(account);
  if (place) return { measure: place.stage, cause: place.cause };
  const [, cause] = OPENING.exec(account) ?? [];
  return cause ? { measure: "opening", cause } : { measure: "", cause: "" };
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
function canonical(entry) {
  const { v, index, time, kind, event, corrects, pledges, postings, evidence, reads } = entry;
  return {
    v: number(v),
    index: number(index),
    time: words(time),
    kind: words(kind),
    event: words(event ?? "") || undefined,
    corrects: corrects === undefined ? undefined : number(corrects),
    pledges: pledges?.length
      ? pledges.map(({ campaign, version, share, limited, charity, held }) => ({
          campaign: words(campaign),
          version: number(version),
          share: words(share),
          limited: words(limited ?? "") || undefined,
          charity: words(charity ?? "") || undefined,
          held: held === true || undefined,
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
    evidence: evidence?.length ? evidence.map(words) : undefined,
    reads: reads && { count: number(reads.count), root: words(reads.root) },
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
  /** @type {Map<string, Standing>} by part */
  #standings = new Map();
  /** @type {Map<string, boolean>} whether each campaign is split */
  #split = new Map();
  /** @type {Map<string, string>} each campaign's cause and, where it is not split, charity */
  #homes = new Map();
  /** @type {Map<string, Map<string, Promised>>} by part, once for each way they come */
  #promises = new Map();
  /** @type {(Kept | string)[]} what can be corrected of each entry, or else its kind */
  #kept = [];
  /** @type {Map<string, Fraction>} what is left of a grant that was corrected */
  #left = new Map();
  /** @type {Map<string, bigint>} what was taken back of a handover */
  #returned = new Map();
  /** @type {Set<string>} for which reads, by their root, each part gave */
  #read = new Set();

  /**
   * Folds the next entry.
   * @param {Bytes} bytes
   */
  add(bytes) {
    const entry = parseEntry(bytes, this.size);
    this.#check(entry);
    const { kind, postings = [] } = entry;
    const promises = this.#promisesOf(entry);
    const minors = postings.map((posting) => this.#minor(posting));
    const kept = { kind, promises, postings, minors };
    const legs = promises.size
      ? postings.map((posting, at) => this.#leg(promises, posting, minors[at]))
      : [];
    if (!promises.size) for (const posting of postings) this.#checkWay(kind, posting);
    if (entry.corrects !== undefined) this.#correct(entry.corrects, kept);
    if (entry.reads) this.#count(promises, entry.reads.root);
    this.#keep(promises, legs);
    this.#move(postings, minors);
    this.#kept.push(CORRECTABLE.includes(kind) ? kept : kind);
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
  #check({ v, index, time, kind, event, corrects, pledges, postings, evidence, reads }) {
    const at = this.size;
    if (v !== SCHEMA || index !== at) {
      throw wrong(at, `does not begin as entry ${at} of version ${SCHEMA} does`);
    }
    if (!TIME.test(time) || !isDay(time.slice(0, 10)))
      throw wrong(at, "has no time in UTC with microseconds");
    if (time < this.#time) throw wrong(at, `is of ${time}, before the entry before it`);
    if (!KINDS.includes(kind)) throw wrong(at, `is of an unknown kind: ${kind}`);
    if (event && !DIGEST.test(event)) {
      throw wrong(at, "has a commitment that is not 64 hexadecimal digits");
    }
    if (CORRECTIONS.includes(kind) !== (corrects !== undefined)) {
      throw wrong(at, `is a ${kind} with corrects: ${corrects ?? "nothing"}`);
    }
    if ((pledges !== undefined) !== PROMISES.includes(kind)) {
      throw wrong(at, `is a ${kind} with ${pledges?.length ?? 0} pledges`);
    }
    if (!(pledges || postings)) throw wrong(at, `is a ${kind} that moves nothing`);
    this.#checkEvidence(kind, evidence ?? []);
    if (reads) this.#checkReads(kind, reads);
  }

  /**
   * @param {string} kind
   * @param {string[]} evidence
   */
  #checkEvidence(kind, evidence) {
    const { length } = evidence;
    if (length > MAX_EVIDENCE) {
      throw wrong(this.size, `has ${length} pieces of evidence, over ${MAX_EVIDENCE}`);
    }
    if (length && !HANDOVERS.includes(kind)) throw wrong(this.size, `is a ${kind} with evidence`);
    if (!evidence.every((each) => DIGEST.test(each))) {
      throw wrong(this.size, "has evidence that is not 64 hexadecimal digits");
    }
  }

  /**
   * @param {string} kind
   * @param {Reads} reads
   */
  #checkReads(kind, { count, root }) {
    if (kind !== "pledge") throw wrong(this.size, `is a ${kind} with reads`);
    if (count < 1 || count > MAX_READS) throw wrong(this.size, `is for ${count} reads`);
    if (!DIGEST.test(root)) {
      throw wrong(this.size, "has a root of its reads that is not 64 hexadecimal digits");
    }
  }

  /**
   * Lets each part give once for the reads under a root.
   * @param {Map<string, Promised>} promises
   * @param {string} root
   */
  #count(promises, root) {
    for (const promise of promises.values()) {
      const named = JSON.stringify([promise.part, root]);
      if (this.#read.has(named)) {
        throw wrong(this.size, `gives again for ${titleOf(promise)} and the same reads`);
      }
      this.#read.add(named);
    }
  }

  /** @param {Entry} entry */
  #promisesOf({ kind, pledges }) {
    const named = JSON.stringify([kind, pledges]);
    let promises = this.#promises.get(named);
    if (promises) return promises;
    promises = new Map();
    for (const pledge of pledges ?? []) {
      const promise = this.#promise(kind, pledge);
      if (promises.has(promise.part)) throw wrong(this.size, "names a campaign twice");
      promises.set(promise.part, promise);
    }
    this.#promises.set(named, promises);
    return promises;
  }

  /**
   * @param {string} kind
   * @param {Pledge} pledge
   * @returns {Promised}
   */
  #promise(kind, { campaign, share, charity = "", held = false }) {
    const [, over, under = "1"] = SHARE.exec(share) ?? [];
    if (!over) throw wrong(this.size, `gives a share of ${share}`);
    const way = BigInt(over) * (kind === "refund" ? -1n : 1n);
    if (way < 0n || (kind === "maturity" && !way)) {
      throw wrong(this.size, `is a ${kind} with a share of ${share}`);
    }
    if ((this.#split.get(campaign) ?? charity !== "") !== (charity !== "")) {
      throw wrong(this.size, `names a charity for ${campaign} only now and then`);
    }
    this.#split.set(campaign, charity !== "");
    if (kind === "maturity" && held) throw wrong(this.size, "is a maturity of what is still held");
    return {
      part: nameOf(campaign, charity),
      campaign,
      charity,
      over: BigInt(over),
      under: BigInt(under),
      promised: kind !== "maturity",
      matured: !held,
    };
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
      if (/^(charity|campaign)\//.test(account) && !placeOf(account)) {
        throw wrong(this.size, `names ${account}, which is no account`);
      }
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
   * Holds each posting against what its part's exact totals make.
   * @param {Map<string, Promised>} promises
   * @param {(Leg & { part: string })[]} legs
   */
  #keep(promises, legs) {
    let at = 0;
    for (const promise of promises.values()) {
      for (const leg of this.#grow(promise)) {
        const found = legs[at]?.part === promise.part ? toldOf(legs[at]) : "nothing";
        if (found !== toldOf(leg)) {
          const made = `whose exact totals make it ${toldOf(leg)} (in minor units)`;
          throw wrong(this.size, `moves ${found} for ${titleOf(promise)}, ${made}`);
        }
        at += 1;
      }
    }
    if (at !== legs.length) throw wrong(this.size, "has a posting that no pledge accounts for");
  }

  /**
   * What a posting is to the pledges of its entry: which part's, from where to where.
   * @param {Map<string, Promised>} promises
   * @param {Posting} posting
   * @param {bigint} minor
   * @returns {Leg & { part: string }}
   */
  #leg(promises, { debit, credit }, minor) {
    const [from, to] = [placeOf(debit), placeOf(credit)];
    const place = from ?? to;
    const paid = [from ? EXTERNAL : debit, to ? EXTERNAL : credit];
    if (!place || (from && to && !isSame(from, to)) || !paid.every(isPayer)) {
      throw wrong(this.size, `moves from ${debit} to ${credit}, which is the way of no pledge`);
    }
    const { campaign, charity, cause } = place;
    const named = this.#split.get(campaign) ? charity : "";
    const part = nameOf(campaign, named);
    if (!promises.has(part)) {
      const way = `${debit} to ${credit}`;
      throw wrong(this.size, `has a posting that no pledge accounts for: ${way}`);
    }
    const home = nameOf(cause, named ? "" : charity);
    if ((this.#homes.get(campaign) ?? home) !== home) {
      const gives = `gives ${cause} to ${charity} for ${campaign}`;
      throw wrong(this.size, `${gives}, which gives otherwise`);
    }
    this.#homes.set(campaign, home);
    return { part, source: from?.stage ?? "payer", target: to?.stage ?? "payer", minor };
  }

  /**
   * Adds a share to its part's exact totals, and returns what is posted for it: the growth of
   * their floors, as the amount travels.
   * @param {Promised} promise
   * @returns {Leg[]}
   */
  #grow(promise) {
    const { over, under, promised, matured } = promise;
    const found = this.#standings.get(promise.part) ?? { due: 0n, matured: 0n, parts: 1n };
    const before = widened(found, under);
    const more = over * (before.parts / under);
    const after = {
      due: before.due + (promised ? more : 0n),
      matured: before.matured + (matured ? more : 0n),
      parts: before.parts,
    };
    const title = titleOf(promise);
    if (after.due < 0n || after.matured < 0n) {
      throw wrong(this.size, `leaves ${title} below nothing`);
    }
    if (after.matured > after.due) {
      throw wrong(this.size, `leaves more of ${title} matured than was promised`);
    }
    this.#standings.set(promise.part, after);
    const { parts } = after;
    const due = after.due / parts - before.due / parts;
    return legsOf(due, after.matured / parts - before.matured / parts);
  }

  /**
   * Holds a refund or a reversal against the entry that it takes from.
   * @param {number} target
   * @param {Kept} correction
   */
  #correct(target, correction) {
    const kept = this.#kept[target];
    if (kept === undefined) {
      throw wrong(this.size, `corrects entry ${target}, which is not before it`);
    }
    const kind = typeof kept === "string" ? kept : kept.kind;
    if (typeof kept === "string" || (kind === "pledge") !== (correction.kind === "refund")) {
      throw wrong(this.size, `corrects entry ${target}, which is a ${kind}`);
    }
    if (correction.kind === "refund") this.#takeOff(target, correction, kept);
    else this.#takeBack(target, correction, kept);
  }

  /**
   * @param {number} target
   * @param {Kept} correction
   * @param {Kept} kept
   */
  #takeOff(target, correction, kept) {
    for (const promise of correction.promises.values()) {
      const { part, over, under, matured } = promise;
      const given = kept.promises.get(part);
      if (!matured && (given?.matured ?? true)) {
        const what = `as held what entry ${target} did not hold`;
        throw wrong(this.size, `takes off ${titleOf(promise)} ${what}`);
      }
      const at = `${target} ${part}`;
      const first = this.#left.get(at) ?? given ?? { over: 0n, under: 1n };
      const left = { over: first.over * under + over * first.under, under: first.under * under };
      if (left.over < 0n) {
        const title = titleOf(promise);
        throw wrong(this.size, `takes more off ${title} than entry ${target} gave it`);
      }
      this.#left.set(at, left);
    }
  }

  /**
   * @param {number} target
   * @param {Kept} correction
   * @param {Kept} kept
   */
  #takeBack(target, correction, kept) {
    for (const [number, { debit, credit, unit }] of correction.postings.entries()) {
      let moved = 0n;
      for (const [at, each] of kept.postings.entries()) {
        const same = each.debit === credit && each.credit === debit && each.unit === unit;
        if (same) moved += kept.minors[at];
      }
      const at = JSON.stringify([target, debit, credit, unit]);
      const returned = (this.#returned.get(at) ?? 0n) + correction.minors[number];
      if (returned > moved) {
        const there = `than entry ${target} moved there`;
        throw wrong(this.size, `takes more back from ${debit} ${there}`);
      }
      this.#returned.set(at, returned);
    }
  }

  /**
   * What is promised is moved by its own kinds of entries, each its own way.
   * @param {string} kind
   * @param {Posting} posting
   */
  #checkWay(kind, { debit, credit }) {
    const [from, to] = [placeOf(debit), placeOf(credit)];
    const fits = HANDOVERS.includes(kind)
      ? from && to && isSame(from, to) && WAYS[kind].includes(`${from.stage} ${to.stage}`)
      : !from && !to;
    if (!fits) {
      throw wrong(this.size, `moves from ${debit} to ${credit}, which is the way of no ${kind}`);
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

/** @param {string} one @param {string} other */
const nameOf = (one, other) => JSON.stringify([one, other]);

/** @param {Promised} promise */
const titleOf = ({ campaign, charity }) => (charity ? `${campaign} for ${charity}` : campaign);

/** @param {Leg} leg */
const toldOf = ({ source, target, minor }) => `${minor} from ${source} to ${target}`;

/** @param {string} account */
const isPayer = (account) => account === EXTERNAL || FUND.test(account);

/** @param {Place} one @param {Place} other whether they are of one campaign, charity and cause */
const isSame = (one, other) =>
  one.campaign === other.campaign && one.charity === other.charity && one.cause === other.cause;

/**
 * The same totals, in parts that a share's denominator fits.
 * @param {Standing} standing
 * @param {bigint} under
 * @returns {Standing}
 */
function widened({ due, matured, parts }, under) {
  const by = under / common(parts, under);
  return { due: due * by, matured: matured * by, parts: parts * by };
}

/**
 * What is posted as the floors of a part's totals grow, in the order in which it travels.
 * @param {bigint} due
 * @param {bigint} matured
 * @returns {Leg[]}
 */
function legsOf(due, matured) {
  /** @type {Leg[]} */
  const ways =
    due === matured
      ? [{ source: "payer", target: "owed", minor: due }]
      : [
          { source: "payer", target: "held", minor: due },
          { source: "held", target: "owed", minor: matured },
        ];
  if (due >= 0n && matured >= 0n) return ways.filter(({ minor }) => minor);
  return ways
    .reverse()
    .map(({ source, target, minor }) => ({ source: target, target: source, minor: -minor }))
    .filter(({ minor }) => minor);
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
