/**
 * What both pages of proofs show alike: elements, a verdict that is told as well as shown, and
 * the key that a reader may give to check against. Nothing is kept on the device.
 */

import { Unavailable } from "./log.js";
import { ProofError, parseKey } from "./verify.js";

/** @typedef {"working" | "holds" | "failed" | "unknown"} State */

const GIVEN = "almoner:key";

/**
 * An element with attributes and children; attributes that are false are left out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | boolean>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/**
 * Names and what they are, as a list of definitions.
 * @param {[string, Node | string][]} pairs
 * @param {string} [className]
 */
export function definitions(pairs, className = "proof-particulars") {
  return make(
    "dl",
    { class: className },
    ...pairs.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
  );
}

/** A place where a verdict is shown, and read out by screen readers as it changes. */
export class Verdict {
  element = make("div", { class: "verdict", role: "status", hidden: true });

  /**
   * @param {State} state
   * @param {string} title
   * @param {...(Node | string)} sentences
   */
  show(state, title, ...sentences) {
    this.element.hidden = false;
    this.element.dataset.state = state;
    this.element.replaceChildren(
      make("p", { class: "verdict-title" }, title),
      ...sentences.map((each) => make("p", {}, each)),
    );
  }
}

/**
 * Whether a failure says that something is wrong, or only that nothing is known; and how.
 * @param {unknown} error
 * @returns {{ state: "failed" | "unknown", sentence: string }}
 */
export function told(error) {
  if (error instanceof ProofError) return { state: "failed", sentence: error.message };
  if (error instanceof Unavailable) return { state: "unknown", sentence: error.message };
  return { state: "unknown", sentence: `This browser could not go on: ${error}.` };
}

/** The key that the reader gave on this page, or "". */
export function givenKey() {
  return document.querySelector("given-key")?.getAttribute("key") ?? "";
}

/**
 * Runs `change` each time the reader gives another key, or none again.
 * @param {() => void} change
 */
export function onGivenKey(change) {
  document.addEventListener(GIVEN, change);
}

/** A form in which a reader gives a key that they know from elsewhere. */
class GivenKey extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const field = this.querySelector("textarea");
    const said = this.querySelector("[role=status]");
    if (!form || !field || !said) return;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const text = field.value.trim();
        this.setAttribute("key", text && (await parseKey(text)).text);
        said.textContent = text
          ? "From now on this page goes by the key you gave."
          : "From now on this page goes by the key that the log itself names.";
        document.dispatchEvent(new Event(GIVEN));
        field.removeAttribute("aria-invalid");
      } catch (error) {
        field.setAttribute("aria-invalid", "true");
        said.textContent = told(error).sentence;
      }
    });
  }
}

customElements.define("given-key", GivenKey);
