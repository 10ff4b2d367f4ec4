/**
 * Figures that stay up to date: what our own pages and other people's share.
 *
 * All figures of a page share one event stream; where streams are missing or fail twice
 * running, the counters are asked every few seconds, less often while nobody answers, and the
 * stream is tried again once a minute. A hidden page closes its connection and opens
 * it when it is shown again.
 */

/** @typedef {"shown" | "opening" | "pledged" | "held" | "owed" | "delivered" | "confirmed"} Measure */
/** @typedef {{ value: string, text: string }} Amount */
/**
 * @typedef {{ cause: string, label: string, labels: Record<string, string>, unit: string,
 *   kind: string, url: string } & Record<Measure, Amount>} Counter
 */
/** @typedef {{ size: number, counters: Counter[] }} Snapshot */
/** @typedef {(counters: Map<string, Counter>) => void} Listener */

const LATE_MS = 1_500;
const POLL_MS = 5_000;
const STREAM_RETRY_MS = 60_000; // A proxy that breaks streams rarely mends itself sooner.
const FAILURES_BEFORE_POLLING = 2; // One failure is a restart of the server; two are a habit.
const COUNT_MS = 700;

/** Runs its listeners with the counters of each new snapshot while there is at least one. */
export class Feed {
  #home;
  /** Of the figures that are shown, where the server has told it; the same for all readers. */
  #tag;
  /** @type {Set<Listener>} */
  #listeners = new Set();
  /** @type {Map<string, Counter>} */
  #latest = new Map();
  /** The log's size at the latest snapshot: an older one, overtaken on its way, is dropped. */
  #size = -1;
  /** @type {EventSource | undefined} */
  #stream;
  #failures = 0;
  #unanswered = 0;
  #late = 0;
  #poll = 0;
  #retry = 0;

  /**
   * @param {string} home the origin that has the counters; empty for the page's own
   * @param {string} tag of the figures that the page came with
   */
  constructor(home, tag = "") {
    this.#home = home;
    this.#tag = tag;
    document.addEventListener("visibilitychange", () => this.#settle());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#settle());
  }

  /** @param {Listener} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
    if (this.#latest.size) listener(this.#latest);
    if (this.#listeners.size === 1) this.#settle();
  }

  /** @param {Listener} listener */
  unsubscribe(listener) {
    this.#listeners.delete(listener);
    if (!this.#listeners.size) this.#close();
  }

  /** Connects when the page is shown and someone listens; otherwise lets go. */
  #settle() {
    this.#close();
    if (!document.hidden && this.#listeners.size) this.#open();
  }

  #open() {
    // A stream begins with the newest figures; they are asked for where it says nothing.
    this.#late = setTimeout(() => this.#ask(), "EventSource" in globalThis ? LATE_MS : 0);
    if (!("EventSource" in globalThis)) {
      this.#startPolling();
      return;
    }
    const since = this.#tag && `?since=${this.#tag}`;
    this.#stream = new EventSource(`${this.#home}/counters/stream${since}`);
    this.#stream.addEventListener("counters", (event) => {
      this.#heard();
      this.#receive(JSON.parse(event.data), event.lastEventId);
    });
    this.#stream.addEventListener("current", (event) => {
      this.#heard();
      // The browser comes back by itself with the tag of its last event; by asking, other figures
      // may have come since.
      if (event.lastEventId !== this.#tag) this.#ask();
    });
    this.#stream.addEventListener("error", () => this.#streamFailed());
  }

  #heard() {
    this.#failures = 0;
    clearTimeout(this.#late);
    this.#stopPolling();
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
    if (this.#poll) return;
    const pause = Math.min(POLL_MS * 2 ** this.#unanswered, STREAM_RETRY_MS);
    this.#poll = setTimeout(async () => {
      await this.#ask();
      if (!this.#poll) return; // Stopped meanwhile.
      this.#poll = 0;
      this.#startPolling();
    }, pause);
  }

  #stopPolling() {
    clearTimeout(this.#poll);
    this.#poll = 0;
  }

  #close() {
    this.#stream?.close();
    this.#stream = undefined;
    this.#failures = 0;
    this.#stopPolling();
    clearTimeout(this.#late);
    clearTimeout(this.#retry);
  }

  async #ask() {
    try {
      const response = await fetch(`${this.#home}/counters`, {
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
      if (!response.ok) throw new Error(response.statusText);
      this.#receive(await response.json());
      this.#unanswered = 0;
    } catch {
      // Offline, or the server is restarting: the figures shown stand until the next answer.
      this.#unanswered += 1;
    }
  }

  /**
   * @param {Snapshot} snapshot
   * @param {string} tag
   */
  #receive({ size, counters }, tag = "") {
    if (size < this.#size) return;
    this.#size = size;
    this.#tag = tag;
    this.#latest = new Map(counters.map((counter) => [counter.cause, counter]));
    for (const listener of this.#listeners) listener(this.#latest);
  }
}

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * One figure in an element. Where motion is welcome it runs through the numbers between;
 * screen readers hear it when they reach it, never an interruption.
 */
export class Figure {
  #frame = 0;
  #element;
  /** The text last asked for; while digits still run, the element shows an earlier one. */
  #target;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    this.#target = element.textContent?.trim() ?? "";
  }

  /** @param {string} to */
  show(to) {
    if (to === this.#target) return;
    this.stop();
    const from = this.#element.textContent?.trim() ?? "";
    this.#target = to;
    if (stillness.matches || !from) {
      this.#element.replaceChildren(to);
      return;
    }
    this.#flash();
    const startedAt = performance.now();
    const step = (/** @type {number} */ now) => {
      const progress = Math.min(1, Math.max(0, now - startedAt) / COUNT_MS);
      this.#element.replaceChildren(between(from, to, 1 - (1 - progress) ** 3));
      if (progress < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
  }

  #flash() {
    const element = this.#element;
    element.removeAttribute("data-moved");
    void element.offsetWidth; // Reading the layout lets the same animation start again.
    element.setAttribute("data-moved", "");
    element.addEventListener("animationend", () => element.removeAttribute("data-moved"), {
      once: true,
    });
  }
}

/**
 * The text `part` of the way from one figure to another, laid out as the second is: its digits
 * are counted, whatever stands between and around them (separators, currency) is kept. Figures
 * that have not as many digits ($9 and $9.50), those beyond exact arithmetic and those in other
 * digits than 0 to 9 change at once.
 * @param {string} from
 * @param {string} to
 * @param {number} part 0 to 1
 */
function between(from, to, part) {
  const start = from.replace(/\D/g, "");
  const end = to.replace(/\D/g, "");
  if (part >= 1 || start.length !== end.length || !Number.isSafeInteger(Number(end))) return to;
  const now = Math.round(Number(start) + (Number(end) - Number(start)) * part);
  const digits = [...String(now).padStart(end.length, "0")];
  let place = 0;
  return to.replace(/\d/g, () => digits[place++]);
}
