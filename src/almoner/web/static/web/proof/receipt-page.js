/**
 * <receipt-proof log="/log/" src="receipt.tlog-proof">
 *
 * Verifies a receipt and shows each step. With `src` it begins by itself; without, the reader
 * chooses a file or drops one, which never leaves the device. Green only when all four steps
 * hold; red with what failed; neither where something could not be had.
 */

import { read, Unavailable } from "./log.js";
import { definitions, givenKey, make, onGivenKey, told, Verdict } from "./page.js";
import { isOfRead, STEPS, verifyReceipt } from "./receipt.js";
import { MAX_RECEIPT, ProofError, textOf } from "./verify.js";

/** @typedef {import("./receipt.js").Proven} Proven */
/** @typedef {import("./receipt.js").Step} Step */
/** @typedef {import("./page.js").State} State */

/** A receipt appears with the next checkpoint, within a second: it is asked for as often. */
const TRIES = 6;

/** @type {Record<Step, string>} */
const NAMES = {
  signature: "The log has signed a record",
  inclusion: "This entry is in that record",
  commitment: "The entry is about this event and no other",
  today: "The log still keeps that record today",
};
/** @type {Record<Step, string>} */
const NAMES_OF_READ = { ...NAMES, commitment: "Your read is one of those that the entry is for" };
/** @type {Record<State | "waiting", string>} */
const SPOKEN = {
  waiting: "not checked",
  working: "being checked",
  holds: "holds",
  failed: "does not hold",
  unknown: "could not be checked",
};

class ReceiptProof extends HTMLElement {
  #verdict = new Verdict();
  #steps = make("ol", { class: "proof-steps", hidden: true });
  #found = make("div");
  #again = make("button", { class: "button", type: "button", hidden: true }, "Check again");
  /** @type {(() => Promise<string>) | undefined} where the receipt is read from */
  #source;
  #run = 0;

  connectedCallback() {
    const src = this.getAttribute("src");
    if (!src) this.append(this.#chooser());
    this.append(this.#verdict.element, this.#again, this.#steps, this.#found);
    this.#again.addEventListener("click", () => this.#verify());
    onGivenKey(() => this.#verify());
    if (src) this.#take(() => download(src));
  }

  #chooser() {
    const file = make("input", { type: "file", id: "receipt-file", accept: ".tlog-proof,.txt" });
    file.addEventListener("change", () => this.#takeFile(file.files?.[0]));
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.dataset.over = "";
    });
    this.addEventListener("dragleave", () => delete this.dataset.over);
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      delete this.dataset.over;
      this.#takeFile(event.dataTransfer?.files[0]);
    });
    const label = make("label", { for: "receipt-file" }, "Choose a receipt, or drop it here");
    return make("div", { class: "proof-drop" }, label, file);
  }

  /** @param {File | undefined} file */
  #takeFile(file) {
    if (!file) return;
    this.#take(async () => {
      if (file.size > MAX_RECEIPT) {
        throw new ProofError("receipt", `${file.name} is too large to be a receipt.`);
      }
      return textOf(new Uint8Array(await file.arrayBuffer()), file.name);
    });
  }

  /** @param {() => Promise<string>} source */
  #take(source) {
    this.#source = source;
    this.#verify();
  }

  async #verify() {
    if (!this.#source) return;
    this.#run += 1;
    const run = this.#run;
    let marks = this.#begin(NAMES);
    /** @type {Step[]} */
    const held = [];
    try {
      const log = new URL(this.getAttribute("log") ?? "", location.href).href;
      const text = await this.#source();
      if (run === this.#run && isOfRead(text)) marks = this.#begin(NAMES_OF_READ);
      const proven = await verifyReceipt(text, log, givenKey(), (step, detail) => {
        held.push(step);
        if (run === this.#run) marks(step, "holds", detail);
      });
      if (run === this.#run) this.#holds(proven);
    } catch (error) {
      if (run === this.#run) this.#fails(error, held, marks);
    }
  }

  /**
   * Shows every step as not checked yet, and returns what marks one.
   * @param {Record<Step, string>} names
   */
  #begin(names) {
    const items = new Map(STEPS.map((step) => [step, make("li")]));
    const mark = (
      /** @type {Step} */ step,
      /** @type {State | "waiting"} */ state,
      /** @type {string} */ detail,
    ) => {
      const item = items.get(step);
      item?.setAttribute("data-state", state);
      item?.replaceChildren(
        make("strong", {}, names[step]),
        make("span", { class: "visually-hidden" }, `: ${SPOKEN[state]}. `),
        make("span", { class: "proof-detail" }, detail),
      );
    };
    for (const step of STEPS) mark(step, "waiting", "");
    this.#steps.replaceChildren(...items.values());
    this.#steps.hidden = false;
    this.#again.hidden = true;
    this.#found.replaceChildren();
    this.#verdict.show("working", "Checking the receipt");
    return mark;
  }

  /** @param {Proven} proven */
  #holds(proven) {
    const entry = proven.entry.index.toLocaleString("en");
    this.#verdict.show(
      "holds",
      "This receipt holds",
      `Entry ${entry} is in the log. It cannot be changed or taken out without a check like ` +
        "this one turning red.",
    );
    this.#found.replaceChildren(said(proven));
  }

  /**
   * @param {unknown} error
   * @param {Step[]} held
   * @param {(step: Step, state: State, detail: string) => void} mark
   */
  #fails(error, held, mark) {
    const { state, sentence } = told(error);
    const step = STEPS[held.length];
    mark(step, state, "");
    if (state === "failed") {
      this.#verdict.show("failed", "This receipt does not hold", sentence);
      return;
    }
    this.#again.hidden = false;
    const offline = "The file holds by itself. What the log says today is not known: ";
    this.#verdict.show(
      "unknown",
      "This could not be checked to the end",
      step === "today" ? offline + sentence : sentence,
    );
  }
}

/** @param {string} src */
async function download(src) {
  const bytes = await read(new URL(src, location.href).href, { fresh: true, tries: TRIES });
  if (bytes) return textOf(bytes, "The receipt");
  throw new Unavailable("The receipt is no longer at its address.");
}

/**
 * What the reads of a batch gave together, each share in its unit's smallest part.
 * @param {import("./entries.js").Entry} entry
 */
const gifts = ({ pledges = [] }) =>
  pledges.map(({ campaign, share }) => `${share} through ${campaign}`).join(", ");

/** @param {Proven} proven */
function said({ entry, line, source, ref, read, origin, size, key }) {
  const moves = (entry.postings ?? []).map(({ debit, credit, unit, value }) =>
    make("li", {}, `${value} ${unit} from ${debit} to ${credit}`),
  );
  return make(
    "details",
    {},
    make("summary", {}, "What exactly was proven"),
    definitions([
      ["Entry", entry.index.toLocaleString("en")],
      ["Recorded at", entry.time],
      ["Kind", entry.kind],
      ["For", read ? `the read ${read.line}` : `${ref} of ${source}`],
      .../** @type {[string, string][]} */ (read ? [["Together they gave", gifts(entry)]] : []),
      [
        "Moves",
        moves.length ? make("ul", {}, ...moves) : "a share, carried until it makes a whole",
      ],
      ["Log", `${origin}, ${size.toLocaleString("en")} entries when the receipt was made`],
      ["Signed by", make("code", {}, key)],
      ["The entry itself", make("code", {}, line)],
    ]),
  );
}

customElements.define("receipt-proof", ReceiptProof);
