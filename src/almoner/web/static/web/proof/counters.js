/**
 * Compares the counters that a site shows with what the entries of its log make. Pure.
 * The document is the one of `GET /counters` and of the log's `counters.json`.
 */

import { decimal, nothing } from "./entries.js";
import { ProofError } from "./verify.js";

/** @typedef {import("./entries.js").Fold} Fold */
/** @typedef {import("./entries.js").Measure} Measure */
/** @typedef {{ value: string, text: string }} Figure */
/** @typedef {{ cause: string, label: string, unit: string, kind: string } & Record<Measure, Figure>} Counter */
/** @typedef {{ size: number, counters: Counter[] }} Document */
/** @typedef {{ cause: string, label: string, unit: string, kind: string, text: string,
 *   shown: Record<Measure, string>, recounted: Record<Measure, string>, holds: boolean }} Line */

/** @type {Measure[]} */
export const MEASURES = ["shown", "opening", "pledged", "held", "owed", "delivered", "confirmed"];
const MEANT = {
  shown: "shown in all",
  opening: "carried forward",
  pledged: "pledged",
  held: "held",
  owed: "owed",
  delivered: "delivered",
  confirmed: "confirmed",
};

/**
 * Refuses what is no document of counters.
 * @param {any} found
 * @param {string} what
 * @returns {Document}
 */
export function checkDocument(found, what) {
  const fits =
    Number.isSafeInteger(found?.size) &&
    Array.isArray(found.counters) &&
    found.counters.every((/** @type {any} */ counter) =>
      [
        ...["cause", "label", "unit", "kind"].map((name) => counter?.[name]),
        ...MEASURES.flatMap((measure) => [counter?.[measure]?.value, counter?.[measure]?.text]),
      ].every((each) => typeof each === "string"),
    );
  if (fits) return found;
  throw new ProofError("counters", `${what} cannot be read: they are no counters.`);
}

/**
 * Each counter as shown and as recounted, and a sentence for each difference.
 * @param {Document} document
 * @param {Fold} fold at the document's size
 * @param {string} where such as "The site"
 */
export function compare(document, fold, where) {
  const totals = fold.totals();
  /** @type {Line[]} */
  const lines = [];
  /** @type {string[]} */
  const differences = [];
  for (const counter of document.counters) {
    const sums = totals.get(counter.cause) ?? nothing();
    const found = MEASURES.map((measure) => {
      const { value, text } = counter[measure];
      const scale = fold.scales.get(counter.unit) ?? places(value);
      const recounted = decimal(sums[measure], scale);
      const named = `${counter.label} (${MEANT[measure]})`;
      if (value !== recounted) {
        differences.push(
          `${where} counts ${value} ${counter.unit} for ${named}, and the log's ${document.size} ` +
            `entries make ${recounted}: ${difference(value, recounted)}.`,
        );
      } else if (plain(text) !== plain(value)) {
        differences.push(`${where} writes “${text}” for ${named}, where its number is ${value}.`);
      }
      return { measure, value, recounted };
    });
    const other = fold.units.get(counter.cause) ?? counter.unit;
    if (other !== counter.unit) {
      differences.push(`${where} counts ${counter.label} in ${counter.unit}, the log in ${other}.`);
    }
    lines.push({
      cause: counter.cause,
      label: counter.label,
      unit: counter.unit,
      kind: counter.kind,
      text: counter.shown.text,
      shown: all(found.map(({ measure, value }) => [measure, value])),
      recounted: all(found.map(({ measure, recounted }) => [measure, recounted])),
      holds: found.every(({ value, recounted }) => value === recounted) && other === counter.unit,
    });
  }
  const known = new Set(document.counters.map(({ cause }) => cause));
  for (const [cause, sums] of totals) {
    if (!known.has(cause) && MEASURES.some((measure) => sums[measure])) {
      differences.push(`The log counts ${cause}, and ${where.toLowerCase()} shows it nowhere.`);
    }
  }
  return { lines, differences };
}

/** @param {[Measure, string][]} pairs */
const all = (pairs) => /** @type {Record<Measure, string>} */ (Object.fromEntries(pairs));

/** @param {string} value */
const places = (value) => value.split(".")[1]?.length ?? 0;

/** A figure's digits alone, without the zeros that say nothing. @param {string} text */
function plain(text) {
  const [whole, fraction = ""] = text.replace(/[^0-9.]/g, "").split(".");
  return `${whole.replace(/^0+(?=.)/, "")}.${fraction.replace(/0+$/, "")}`;
}

/**
 * @param {string} value
 * @param {string} recounted
 */
function difference(value, recounted) {
  if (!/^[0-9]+(\.[0-9]+)?$/.test(value)) return "that is no number";
  const scale = Math.max(places(value), places(recounted));
  const [one, other] = [value, recounted].map((each) => {
    const [whole, fraction = ""] = each.split(".");
    return BigInt(whole + fraction.padEnd(scale, "0"));
  });
  const over = one - other;
  if (!over) return "it is written in another scale";
  return `${decimal(over < 0n ? -over : over, scale)} too ${over > 0n ? "many" : "few"}`;
}
