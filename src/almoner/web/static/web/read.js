/**
 * Tells the site that a story is being read, and shows what this device's reads have given.
 *
 * A read begins when the page is in view (not while it is hidden or prerendered), counts time
 * only while it is in view, and ends once: when the story was in view for as long, and down to
 * where, the site asks. Nothing is sent but the token of this read, these two numbers and the
 * share code that the reader came by. Without this file nothing is counted and nothing is missing.
 */

import { came } from "./came.js";
import { add, change, forget, number, read } from "./own-reads.js";

const TICK_MS = 500;
const RETRY_MS = 5_000;
const RETRIES = 3;

/** @typedef {{ token: string, dwell_ms: number, depth: number }} Begun */
/** @typedef {{ cause: string, label: string, unit: string, kind: string, share: string }} Given */
/** @typedef {{ entry: number, line: string, place: number, path: string[] }} Proof */
/** @typedef {{ counted: boolean, given: Given[], receipt: Proof | null }} Finished */

/** Follows one read of `story`, whose text is `body`, and calls `counted` with what it gave. */
class Reading {
  #seen = 0;
  #depth = 0;
  #since = 0;
  /** @type {Begun | undefined} */
  #begun;
  #ended = false;
  #tick = 0;

  /** @param {number} story @param {Element} body @param {(answer: Finished) => void} counted */
  constructor(story, body, counted) {
    this.story = story;
    this.body = body;
    this.counted = counted;
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("scroll", () => this.#measure(), { passive: true });
    this.#look();
  }

  /** Goes on where the page is in view, and stops the clock where it is not. */
  async #look() {
    clearInterval(this.#tick);
    if (document.hidden || this.#ended) {
      this.#stop();
      return;
    }
    if (!this.#begun) await this.#begin();
    if (!this.#begun || document.hidden || this.#ended) return;
    clearInterval(this.#tick); // Another look may have begun meanwhile.
    this.#since = performance.now();
    this.#tick = setInterval(() => this.#settle(), TICK_MS);
    this.#measure();
  }

  #stop() {
    if (this.#since) this.#seen += performance.now() - this.#since;
    this.#since = 0;
  }

  async #begin() {
    const answer = await ask("/reads/begin", { story: this.story });
    if (answer && "token" in answer) this.#begun ??= answer;
    else this.#ended = true; // It is not counted here: nothing more is asked.
  }

  /** How far down the text has come into view, in percent. */
  #measure() {
    const { top, height } = this.body.getBoundingClientRect();
    const seen = height ? (100 * (innerHeight - top)) / height : 0;
    this.#depth = Math.max(this.#depth, Math.min(100, Math.floor(seen)));
  }

  #settle() {
    this.#stop();
    this.#since = performance.now();
    this.#measure();
    const begun = this.#begun;
    if (!begun || this.#seen < begun.dwell_ms || this.#depth < begun.depth) return;
    this.#ended = true;
    clearInterval(this.#tick);
    this.#finish(begun);
  }

  /** @param {Begun} begun */
  async #finish(begun) {
    const own = read().shares.some((share) => share.code === came);
    const said = {
      token: begun.token,
      dwell_ms: Math.floor(this.#seen),
      depth: this.#depth,
      share: own ? "" : came,
    };
    for (let tries = 0; tries < RETRIES; tries += 1) {
      const answer = await ask("/reads/finish", said); // Sent again it counts once.
      if (answer) {
        if (answer.counted) this.counted(answer);
        return;
      }
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

/**
 * The answer, or undefined where there was none.
 * @param {string} address @param {object} said @returns {Promise<any>}
 */
async function ask(address, said) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(said),
      credentials: "omit",
      keepalive: true, // A reader who leaves at the last line has read it.
    });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}

/** The line under a story, and the list of what is kept. */
class Line {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.#part("forget").addEventListener("click", () => {
      forget();
      this.show();
    });
  }

  /** @param {string} title @param {Finished} answer */
  add(title, { given, receipt }) {
    change((kept) => {
      for (const { cause, label, unit, kind, share } of given) {
        const before = kept.given[cause]?.share ?? "0/1";
        kept.given[cause] = { label, unit, kind, share: add(before, share) };
      }
      const at = new Date().toISOString().slice(0, 10);
      if (receipt) kept.receipts.push({ title, at, ...receipt });
    });
    this.show();
  }

  /** Shows what is kept; nothing where that is nothing. */
  show() {
    const { given, receipts, shares } = read();
    const figures = Object.entries(given).map(([cause, sum]) => figure(cause, sum));
    this.element.hidden = !figures.length && !shares.length;
    this.#part("given").hidden = !figures.length;
    this.#part("figures").textContent = figures.join(" · ");
    fill(
      this.#part("receipts"),
      receipts.map((each) => receiptButton(each, this.element.dataset.readsFailed ?? "")),
    );
    fill(
      this.#part("shares"),
      shares.map(({ did, title }) => link(did, title)),
    );
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    const found = this.element.querySelector(`[data-reads="${name}"]`);
    if (!(found instanceof HTMLElement)) throw new Error(`The line of reads lacks its ${name}.`);
    return found;
  }
}

/** Every link an item of its own, the newest first. @param {HTMLElement} list @param {Element[]} links */
function fill(list, links) {
  const items = links.reverse().map((each) => {
    const item = document.createElement("li");
    item.append(each);
    return item;
  });
  list.replaceChildren(...items);
  const part = list.closest("[data-reads-part]");
  if (part instanceof HTMLElement) part.hidden = !items.length;
}

/** @param {string} href @param {string} text */
function link(href, text) {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}

/**
 * A button that saves the file which proves a read: the entry's part of it is public, the
 * read's own is here.
 * @param {import("./own-reads.js").Receipt} receipt @param {string} failed said where there is none yet
 */
function receiptButton({ title, at, entry, line, place, path }, failed) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "reads-receipt";
  made.textContent = `${title}, ${at}`;
  made.addEventListener("click", async () => {
    try {
      const { composeReceipt } = await import("./proof/read-receipt.js");
      const answer = await fetch(`/receipts/reads/${entry}.tlog-proof`);
      if (!answer.ok) throw new Error(answer.statusText);
      save(
        `read-${entry}-${place}.tlog-proof`,
        composeReceipt(await answer.text(), line, place, path),
      );
    } catch {
      made.textContent = `${title}, ${at}: ${failed}`;
    }
  });
  return made;
}

/** @param {string} name @param {string} text */
function save(name, text) {
  const made = link(URL.createObjectURL(new Blob([text], { type: "text/plain" })), name);
  made.download = name;
  made.click();
  setTimeout(() => URL.revokeObjectURL(made.href), 60_000);
}

/** @param {string} cause @param {import("./own-reads.js").Sum} sum */
function figure(cause, { share, unit, kind, label }) {
  const language = document.documentElement.lang;
  const money = kind === "money";
  const style = money ? { style: "currency", currency: unit } : { maximumFractionDigits: 2 };
  const text = new Intl.NumberFormat(language, /** @type {any} */ (style)).format(number(share));
  const counter = document.querySelector(`.banner-cause impact-counter[cause="${cause}"]`);
  const local = counter?.parentElement?.querySelector(".banner-label")?.textContent;
  return `${text} ${local ?? label}`;
}

const element = document.querySelector("[data-reads-story]");
const body = document.querySelector(".story-body");
if (element instanceof HTMLElement && body) {
  const line = new Line(element);
  line.show();
  const start = () =>
    new Reading(Number(element.dataset.readsStory), body, (answer) =>
      line.add(element.dataset.readsTitle ?? document.title, answer),
    );
  if ("prerendering" in document && document.prerendering) {
    document.addEventListener("prerenderingchange", start, { once: true });
  } else {
    start();
  }
}
