/**
 * <impact-counter cause="meals" measure="shown">23,761</impact-counter>
 *
 * Keeps the figures of our own pages up to date. The text served with the page stands until a
 * different one arrives. Other people's pages have `widget.js`.
 */

import { Feed, Figure } from "./figures.js";

/** @import { Counter, Measure } from "./figures.js" */

const feed = new Feed("", document.documentElement.dataset.counters);

class ImpactCounter extends HTMLElement {
  /** @type {Figure | undefined} */
  #figure;

  /** @param {Map<string, Counter>} counters */
  #update = (counters) => {
    const counter = counters.get(this.getAttribute("cause") ?? "");
    const measure = /** @type {Measure} */ (this.getAttribute("measure") ?? "shown");
    const amount = counter?.[measure];
    if (amount) this.#figure?.show(amount.text);
  };

  connectedCallback() {
    this.#figure = new Figure(this);
    feed.subscribe(this.#update);
  }

  disconnectedCallback() {
    this.#figure?.stop();
    feed.unsubscribe(this.#update);
  }
}

customElements.define("impact-counter", ImpactCounter);
