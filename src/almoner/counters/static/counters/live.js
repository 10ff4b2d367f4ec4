/**
 * <impact-counter cause="meals" measure="shown">23,761</impact-counter>
 *
 * Keeps the figures of a page up to date. All elements of a page share one event stream at
 * `/counters/stream`; where streams are missing or fail twice running, `/counters` is asked
 * every five seconds, and the stream is tried again once a minute. A hidden page closes its
 * connection and asks once when it is shown again. The text served with the page stands until
 * a different one arrives. Screen readers hear a figure when they reach it, never an interruption.
 */

/** @typedef {"shown" | "opening" | "pledged" | "held" | "owed" | "delivered" | "confirmed"} Measure */
/** @typedef {{ value: string, text: string }} Figure */
/** @typedef {{ cause: string } & Record<Measure, Figure>} Counter */
/** @typedef {{ size: number, counters: Counter[] }} Snapshot */

const SNAPSHOT_URL = "/counters";
const STREAM_URL = "/counters/stream";
const POLL_MS = 5_000;
const STREAM_RETRY_MS = 60_000; // A proxy that breaks streams rarely mends itself sooner.
const FAILURES_BEFORE_POLLING = 2; // One failure is a restart of the server; two are a habit.
const COUNT_MS = 700;

/** Runs `change` with the counters of each new snapshot while at least one element listens. */
class Feed {
  /** @type {Set<(counters: Map<string, Counter>) => void>} */
  #listeners = new Set();
  /** @type {Map<string, Counter>} */
  #latest = new Map();
  /** The log's size at the latest snapshot: an older one, overtaken on its way, is dropped. */
  #size = -1;
  /** @type {EventSource | undefined} */
  #stream;
  #failures = 0;
  #poll = 0;
  #retry = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#settle());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#settle());
  }

  /** @param {(counters: Map<string, Counter>) => void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
    if (this.#latest.size) listener(this.#latest);
    if (this.#listeners.size === 1) this.#settle();
  }

  /** @param {(counters: Map<string, Counter>) => void} listener */
  unsubscribe(listener) {
    this.#listeners.delete(listener);
    if (!this.#listeners.size) this.#close();
  }

  /** Connects when the page is shown and someone listens; otherwise lets go. */
  #settle() {
    this.#close();
    if (document.hidden || !this.#listeners.size) return;
    this.#ask();
    this.#open();
  }

  #open() {
    if (!("EventSource" in globalThis)) {
      this.#startPolling();
      return;
    }
    this.#stream = new EventSource(STREAM_URL);
    this.#stream.addEventListener("counters", (event) => {
      this.#failures = 0;
      this.#stopPolling();
      this.#receive(JSON.parse(event.data));
    });
    this.#stream.addEventListener("error", () => this.#streamFailed());
  }

  #streamFailed() {
    this.#failures += 1;
    const givenUp = this.#stream?.readyState === EventSource.CLOSED;
    if (!givenUp && this.#failures < FAILURES_BEFORE_POLLING) return;
    this.#stream?.close();
    this.#startPolling();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), STREAM_RETRY_MS);
  }

  #startPolling() {
    if (!this.#poll) this.#poll = setInterval(() => this.#ask(), POLL_MS);
  }

  #stopPolling() {
    clearInterval(this.#poll);
    this.#poll = 0;
  }

  #close() {
    this.#stream?.close();
    this.#stream = undefined;
    this.#failures = 0;
    this.#stopPolling();
    clearTimeout(this.#retry);
  }

  async #ask() {
    try {
      const response = await fetch(SNAPSHOT_URL, { headers: { Accept: "application/json" } });
      if (response.ok) this.#receive(await response.json());
    } catch {
      // Offline, or the server is restarting: the figures shown stand until the next answer.
    }
  }

  /** @param {Snapshot} snapshot */
  #receive({ size, counters }) {
    if (size < this.#size) return;
    this.#size = size;
    this.#latest = new Map(counters.map((counter) => [counter.cause, counter]));
    for (const listener of this.#listeners) listener(this.#latest);
  }
}

const feed = new Feed();
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

class ImpactCounter extends HTMLElement {
  #frame = 0;
  /** The text last asked for; while digits still run, the element shows an earlier one. */
  #target = "";

  /** @param {Map<string, Counter>} counters */
  #update = (counters) => {
    const counter = counters.get(this.getAttribute("cause") ?? "");
    const measure = /** @type {Measure} */ (this.getAttribute("measure") ?? "shown");
    const figure = counter?.[measure];
    if (figure && figure.text !== this.#target) this.#move(figure.text);
  };

  connectedCallback() {
    this.#target = this.textContent?.trim() ?? "";
    feed.subscribe(this.#update);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
    feed.unsubscribe(this.#update);
  }

  /**
   * Shows `to`, running through the numbers between where motion is welcome.
   * @param {string} to
   */
  #move(to) {
    cancelAnimationFrame(this.#frame);
    const from = this.textContent?.trim() ?? "";
    this.#target = to;
    if (stillness.matches || !from) {
      this.replaceChildren(to);
      return;
    }
    this.#flash();
    const startedAt = performance.now();
    const step = (/** @type {number} */ now) => {
      const progress = Math.min(1, (now - startedAt) / COUNT_MS);
      this.replaceChildren(between(from, to, 1 - (1 - progress) ** 3));
      if (progress < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  #flash() {
    this.removeAttribute("data-moved");
    void this.offsetWidth; // Reading the layout lets the same animation start again.
    this.setAttribute("data-moved", "");
    this.addEventListener("animationend", () => this.removeAttribute("data-moved"), { once: true });
  }
}

/**
 * The text `part` of the way from one figure to another, laid out as the second is: its digits
 * are counted, whatever stands between and around them (separators, currency) is kept. Figures
 * that have not as many digits ($9 and $9.50) and those beyond exact arithmetic change at once.
 * @param {string} from
 * @param {string} to
 * @param {number} part 0 to 1
 */
export function between(from, to, part) {
  const start = from.replace(/\D/g, "");
  const end = to.replace(/\D/g, "");
  if (part >= 1 || start.length !== end.length || !Number.isSafeInteger(Number(end))) return to;
  const now = Math.round(Number(start) + (Number(end) - Number(start)) * part);
  const digits = [...String(now).padStart(end.length, "0")];
  let place = 0;
  return to.replace(/\d/g, () => digits[place++]);
}

customElements.define("impact-counter", ImpactCounter);
