/**
 * <recount-log log="/log/" counters="/counters" worker="/static/web/proof/recount.js">
 *
 * Has a worker recount a whole log, shows how far it is, and what it found. Green only when
 * every signature, hash and sum held; red with a sentence for each thing that does not; neither
 * where it could not be looked at. Starts when the reader asks, because a log can be large.
 */

import { definitions, givenKey, make, onGivenKey, Verdict } from "./page.js";
import { toBase64 } from "./verify.js";

/** @typedef {import("./recount.js").Message} Message */
/** @typedef {import("./recount.js").Counted} Counted */
/** @typedef {import("./counters.js").Line} Line */
/** @typedef {import("./entries.js").Measure} Measure */

const NONE = /^0(\.0*)?$/;
/** @type {[Measure, string][]} */
const STAGES = [
  ["held", "held"],
  ["owed", "owed"],
  ["delivered", "delivered"],
  ["confirmed", "of these confirmed"],
];

/** @param {number} count */
const entries = (count) => `${count.toLocaleString("en")} ${count === 1 ? "entry" : "entries"}`;

class RecountLog extends HTMLElement {
  #button = make("button", { class: "button", type: "button" }, "Count everything again");
  #bar = make("progress", { class: "proof-bar", max: "1", "aria-label": "Entries recounted" });
  #count = make("p", { class: "proof-count" });
  #progress = make("div", { hidden: true }, this.#bar, this.#count);
  #verdict = new Verdict();
  #found = make("div");
  /** @type {Worker | undefined} */
  #worker;
  /** @type {number} quarters of the log that were told of */
  #quarters = 0;

  connectedCallback() {
    this.append(this.#button, this.#progress, this.#verdict.element, this.#found);
    this.#button.addEventListener("click", () => (this.#worker ? this.#stop() : this.#start()));
    onGivenKey(() => this.#verdict.element.hidden || this.#start());
  }

  disconnectedCallback() {
    this.#worker?.terminate();
  }

  #start() {
    this.#worker?.terminate();
    const worker = new Worker(this.getAttribute("worker") ?? "", { type: "module" });
    this.#worker = worker;
    this.#quarters = 0;
    this.#button.textContent = "Stop";
    this.#bar.removeAttribute("value");
    this.#count.textContent = "Reading the log’s keys and its checkpoint";
    this.#progress.hidden = false;
    this.#found.replaceChildren();
    this.#verdict.show("working", "Recounting");
    worker.addEventListener("message", ({ data }) => this.#receive(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#end();
      this.#verdict.show(
        "unknown",
        "This could not be checked",
        "The part of this page that counts could not be loaded: reload the page.",
      );
    });
    worker.postMessage({
      log: new URL(this.getAttribute("log") ?? "", location.href).href,
      counters: new URL(this.getAttribute("counters") ?? "", location.href).href,
      key: givenKey(),
    });
  }

  #stop() {
    this.#end();
    this.#verdict.show("unknown", "Stopped", "Nothing was found out, one way or the other.");
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#progress.hidden = true;
    this.#button.textContent = "Count everything again";
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.state === "working") {
      this.#advance(message.done, message.size);
      return;
    }
    this.#end();
    if (message.state === "counted") {
      this.#show(message);
    } else if (message.state === "failed") {
      this.#verdict.show("failed", "The log does not hold", message.sentence);
    } else {
      this.#verdict.show("unknown", "This could not be checked", message.sentence);
    }
  }

  /**
   * @param {number} done
   * @param {number} size
   */
  #advance(done, size) {
    this.#bar.max = size;
    this.#bar.value = done;
    this.#count.textContent = `${done.toLocaleString("en")} of ${entries(size)}`;
    const quarters = Math.floor((4 * done) / size);
    if (quarters > this.#quarters && quarters < 4) {
      this.#quarters = quarters;
      this.#verdict.show("working", "Recounting", `${quarters * 25} % of ${entries(size)}`);
    }
  }

  /** @param {Counted} counted */
  #show(counted) {
    const { differences, lines, size } = counted;
    if (differences.length) {
      const title = differences.length === 1 ? "A number does not hold" : "Numbers do not hold";
      this.#verdict.show("failed", title, ...differences);
    } else {
      const carried = lines.some(({ recounted }) => !NONE.test(recounted.opening));
      const unproven =
        "What was carried forward from before the record is shown apart: no log proves that part.";
      this.#verdict.show(
        "holds",
        carried ? "Every number since the record began holds" : "Every number holds",
        `Your browser read ${entries(size)}, found each in what the log’s key has signed, and ` +
          "added them up: they make what this site shows, to the last unit.",
        ...(carried ? [unproven] : []),
      );
    }
    this.#found.replaceChildren(
      make("ul", { class: "recounted" }, ...lines.map(counter)),
      particulars(counted),
    );
  }
}

/** @param {Line} line */
function counter(line) {
  const { shown, recounted } = line;
  const figure = (/** @type {string} */ value) => written(value, line);
  const wrong = line.holds ? undefined : "recounted-wrong";
  /** @type {[string, string][]} */
  const sum = [["Counted from the log", figure(recounted.pledged)]];
  if (!NONE.test(recounted.opening)) {
    sum.unshift(["Carried forward, not proven", figure(recounted.opening)]);
  }
  if (!line.holds) sum.push(["Should be shown", figure(recounted.shown)]);
  sum.push(["Shown on this site", figure(shown.shown)]);
  const stages = STAGES.filter(([measure]) => !NONE.test(recounted[measure]));
  const life = stages.map(([measure, name]) => `${figure(recounted[measure])} ${name}`).join(", ");
  const item = make(
    "li",
    { class: wrong ?? "recounted-right" },
    make(
      "h3",
      {},
      line.label,
      make("span", { class: "visually-hidden" }, line.holds ? ": holds" : ": does not hold"),
    ),
    definitions(sum, "recounted-sum"),
  );
  if (life) item.append(make("p", { class: "recounted-life" }, life));
  return item;
}

/**
 * A figure as this site writes them (counters.figures): with the sign that the shown one has.
 * @param {string} value
 * @param {Line} line
 */
function written(value, { kind, text, unit }) {
  const [whole, fraction = ""] = value.split(".");
  const places =
    kind === "money" && !NONE.test(`0.${fraction}`) ? fraction : fraction.replace(/0+$/, "");
  const number = BigInt(whole).toLocaleString("en") + (places && `.${places}`);
  const sign = kind === "money" ? (/^[^0-9]+/.exec(text)?.[0] ?? `${unit} `) : "";
  return sign + number;
}

/** @param {Counted} counted */
function particulars({ origin, key, given, cosigned, size, at, root, ms }) {
  return make(
    "details",
    {},
    make("summary", {}, "What exactly was checked"),
    definitions([
      ["Log", origin],
      ["Entries", size.toLocaleString("en")],
      ["Counters as shown after", entries(at)],
      ["Root", make("code", {}, toBase64(root))],
      [given ? "Key, as you gave it" : "Key, as the log names it", make("code", {}, key)],
      ["Cosigned by witnesses", cosigned.join(", ") || "nobody"],
      ["Time taken", `${(ms / 1000).toFixed(1)} seconds`],
    ]),
  );
}

customElements.define("recount-log", RecountLog);
