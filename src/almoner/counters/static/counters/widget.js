/**
 * The figures on anybody's page:
 *
 *   <script type="module" src="https://giving.example/widget.js"></script>
 *   <impact-banner causes="meals,toys"><a href="https://giving.example/causes/">What we gave</a></impact-banner>
 *   <impact-counter cause="meals"><a href="https://giving.example/causes/meals/">Meals</a></impact-counter>
 *
 * What stands inside is shown until the figures are here: without this script, or without us,
 * the page still says something. The page's styles stay outside (shadow DOM), but for custom
 * properties `--impact-…` and `::part()`. Under a strict policy it needs this file in
 * `script-src` and our address in `connect-src`: its styles are a constructed sheet, which no
 * policy asks about. No cookie, no storage.
 */

import { Feed, Figure } from "./figures.js";

/** @import { Amount, Counter, Measure } from "./figures.js" */

const HOME = new URL(import.meta.url).origin;
const feed = new Feed(HOME);

/**
 * What is said beside the figures: the name of their list, and the way to the proof.
 * @type {Record<string, string[]>}
 */
const WORDS = {
  ar: ["ما تم التبرع به", "تحقق من هذه الأرقام"],
  de: ["Was gegeben wurde", "Diese Zahlen nachprüfen"],
  en: ["What was given", "Check these numbers"],
  es: ["Lo que se ha dado", "Compruebe estas cifras"],
  fr: ["Ce qui a été donné", "Vérifier ces chiffres"],
  he: ["מה שנתרם", "לבדיקת המספרים"],
  it: ["Che cosa è stato donato", "Verifica questi numeri"],
  nl: ["Wat er is gegeven", "Controleer deze cijfers"],
  pt: ["O que foi doado", "Confira estes números"],
};

/** Colours that an element may name itself: a style attribute many policies forbid. */
const COLOURS = ["text", "background", "accent"];

// An important rule in here is above an important rule of the page (CSS Cascade 5, 6.1), so that
// `* { display: none !important }` hides nothing. What the page hands down ends at the frame.
const STYLES = `
:host {
  display: var(--impact-display, inline-block) !important;
  visibility: visible !important;
  opacity: 1 !important;
  max-inline-size: 100%;
}
:host(impact-banner) { display: var(--impact-display, block) !important }
:host([hidden]) { display: none !important }
[hidden] { display: none !important }
.frame {
  all: initial;
  display: inline-block;
  box-sizing: border-box;
  max-inline-size: 100%;
  font-family: var(--impact-font, inherit);
  font-size: var(--impact-size, max(12px, 1em));
  line-height: 1.25;
  color: var(--impact-text, inherit);
  background: var(--impact-background, none);
  border-radius: var(--impact-radius, .5em);
}
a { color: inherit; text-decoration: none; cursor: pointer; border-radius: .2em }
a:hover [part=label], [part=proof] { text-decoration: underline; text-underline-offset: .2em }
a:focus-visible { outline: 3px solid; outline-offset: 2px }
[part=figure], [part=label] { text-align: match-parent }
[part=figure] {
  display: inline-block;
  font-weight: 700;
  font-variant-numeric: tabular-nums;
  color: var(--impact-accent, inherit);
}
[data-moved] { animation: moved 1.4s ease-out }
@keyframes moved { 0% { transform: translateY(-.12em) } 25% { transform: none } }
@media (prefers-reduced-motion: reduce) { [data-moved] { animation: none } }
.impact-banner {
  display: block;
  padding: .9em 1.1em .6em;
  color: var(--impact-text, #fbf1dd);
  background: var(--impact-background, #1c2745);
}
.impact-banner ul {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(8em, 100%), 1fr));
  gap: .8em 1.2em;
  margin: 0;
  padding: 0;
  list-style: none;
}
.impact-banner [part=link] { display: grid; gap: .1em }
.impact-banner [part=figure] { font-size: 1.5em; line-height: 1.15; color: var(--impact-accent, #f3b64c) }
.impact-banner [part=label] { font-size: max(12px, .85em) }
[part=proof] {
  display: block;
  inline-size: fit-content;
  margin-block-start: .6em;
  margin-inline-start: auto;
  font-size: max(12px, .8em);
  line-height: 2;
}
`;

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLES);

/**
 * An amount as readers of a language write it. The value is exact, so it stays text.
 * @param {Amount} amount
 * @param {Counter} counter
 * @param {string} language
 */
function written({ value, text }, { kind, unit }, language) {
  const money = kind === "money";
  const fraction = (value.split(".")[1] ?? "").replace(money ? /^0+$/ : /0+$/, "");
  try {
    return new Intl.NumberFormat(language, {
      minimumFractionDigits: fraction.length,
      maximumFractionDigits: fraction.length,
      ...(money && { style: "currency", currency: unit }),
    }).format(/** @type {any} */ (value));
  } catch {
    return text; // A language or a currency that this browser does not know.
  }
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** What both elements do: they show some causes, and what stands inside until they can. */
class Impact extends HTMLElement {
  static observedAttributes = ["cause", "causes", "measure", "lang", ...COLOURS];

  #frame = make("div", { class: `frame ${this.localName}` });
  #slot = document.createElement("slot");
  /** @type {Map<string, Counter>} */
  #counters = new Map();
  /** @type {Map<string, Figure>} */
  #figures = new Map();
  /** What the frame was built for; figures alone change without building it anew. */
  #built = "";

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#frame, this.#slot);
    this.#frame.hidden = true;
  }

  connectedCallback() {
    feed.subscribe(this.#update);
  }

  disconnectedCallback() {
    feed.unsubscribe(this.#update);
    for (const figure of this.#figures.values()) figure.stop();
  }

  /**
   * @param {string} name
   * @param {string | null} _
   * @param {string | null} value
   */
  attributeChangedCallback(name, _, value) {
    if (COLOURS.includes(name)) this.#frame.style.setProperty(`--impact-${name}`, value);
    else if (this.#counters.size) this.#update(this.#counters);
  }

  /**
   * The counters that it shows.
   * @param {Map<string, Counter>} counters
   * @returns {Counter[]}
   */
  chosen(counters) {
    return [counters.get(this.getAttribute("cause") ?? "")].filter((each) => !!each);
  }

  /**
   * What its frame holds.
   * @param {HTMLElement[]} links a figure each
   * @param {string[]} words
   */
  framed(links, words) {
    void words;
    return links;
  }

  /** @param {Map<string, Counter>} counters */
  #update = (counters) => {
    this.#counters = counters;
    const language = this.closest("[lang]")?.getAttribute("lang") || navigator.language;
    const shown = this.chosen(counters);
    const built = JSON.stringify([
      language,
      shown.map((each) => [each.cause, each.label, each.labels]),
    ]);
    if (built !== this.#built) this.#build(shown, language);
    this.#built = built;
    const named = /** @type {Measure} */ (this.getAttribute("measure") ?? "shown");
    for (const counter of shown) {
      const amount = counter[named];
      if (amount) this.#figures.get(counter.cause)?.show(written(amount, counter, language));
    }
  };

  /**
   * @param {Counter[]} shown
   * @param {string} language
   */
  #build(shown, language) {
    const [base] = language.split("-");
    this.#figures.clear();
    const links = shown.map(({ cause, label, labels, url }) => {
      const figure = make("bdi", { part: "figure" });
      this.#figures.set(cause, new Figure(figure));
      const own = [language, base].find((code) => labels[code]);
      // A label in another language than the page's is in one that this page cannot know.
      const name = make("bdi", { part: "label", lang: own ?? "" }, own ? labels[own] : label);
      return make("a", { part: "link", href: HOME + url }, figure, " ", name);
    });
    this.#frame.dir = getComputedStyle(this).direction;
    this.#frame.replaceChildren(...this.framed(links, WORDS[base] ?? WORDS.en));
    this.#frame.hidden = !links.length;
    this.#slot.hidden = !!links.length;
  }
}

class ImpactBanner extends Impact {
  /** @param {Map<string, Counter>} counters */
  chosen(counters) {
    const causes = this.getAttribute("causes")?.split(/[\s,]+/);
    return causes ? causes.flatMap((cause) => counters.get(cause) ?? []) : [...counters.values()];
  }

  /**
   * @param {HTMLElement[]} links
   * @param {string[]} words
   */
  framed(links, [about, check]) {
    const items = links.map((link) => make("li", { part: "cause" }, link));
    return [
      make("ul", { part: "causes", role: "list", "aria-label": about }, ...items),
      make("a", { part: "proof", href: `${HOME}/check/` }, check),
    ];
  }
}

for (const [name, element] of Object.entries({
  "impact-counter": class extends Impact {},
  "impact-banner": ImpactBanner,
})) {
  // Pasted twice, or into a page of ours: the first keeps the name.
  if (!customElements.get(name)) customElements.define(name, element);
}
