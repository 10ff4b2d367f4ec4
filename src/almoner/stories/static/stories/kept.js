/**
 * Keeps a reader's place in a story and the size of its text, on the reader's device alone.
 *
 * Nothing is sent anywhere, and of what is kept the reader is told and rid with one button. The
 * script is no part of a sensitive story's page, so nothing is kept of one. Where the browser
 * refuses to keep things (a private window may), the sizes still work for the page at hand.
 */

const PLACES = "almoner:places";
const SIZE = "almoner:text-size";
const NOTHING = "almoner:keep-nothing";

const MAX_PLACES = 30; // stories; the one read longest ago is forgotten first
const MAX_DAYS = 60;
const BEGUN = 2; // blocks; who has read fewer has not begun
const WAIT_MS = 400; // after the last movement, so that scrolling writes once
const DAY_MS = 86_400_000;
const WORDS = 8; // of the paragraph that was reached, to know it again by

/** @typedef {{ block: number, day: number }} Place */

/** @param {string} key */
function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string | null} value nothing to remove it
 */
function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Refused or full: the page works without.
  }
}

/** @returns {Map<string, Place>} by a story's path, the one read longest ago first */
function places() {
  try {
    const today = Math.floor(Date.now() / DAY_MS);
    const kept = Object.entries(JSON.parse(read(PLACES) ?? "{}"));
    return new Map(kept.filter(([, place]) => today - place.day <= MAX_DAYS));
  } catch {
    return new Map();
  }
}

/**
 * @param {string} path
 * @param {number | null} block nothing to forget the story
 */
function keep(path, block) {
  const kept = places();
  kept.delete(path);
  if (block !== null) kept.set(path, { block, day: Math.floor(Date.now() / DAY_MS) });
  const newest = [...kept].slice(-MAX_PLACES);
  write(PLACES, newest.length ? JSON.stringify(Object.fromEntries(newest)) : null);
}

/** @param {string} size one of the form's values; the first is the usual one */
function show(size) {
  document.documentElement.dataset.textSize = size;
}

/**
 * Watches how far a story has been read.
 * @param {Element[]} blocks
 */
function follow(blocks) {
  let timer = 0;
  const note = () => {
    if (read(NOTHING)) return;
    const at = blocks.findIndex((block) => block.getBoundingClientRect().bottom > 0);
    const last = blocks[blocks.length - 1];
    const finished = last.getBoundingClientRect().bottom <= innerHeight;
    if (finished) keep(location.pathname, null);
    else if (at >= BEGUN) keep(location.pathname, at);
  };
  addEventListener(
    "scroll",
    () => {
      clearTimeout(timer);
      timer = setTimeout(note, WAIT_MS);
    },
    { passive: true },
  );
}

/**
 * Offers to go on where the reader stopped.
 * @param {HTMLElement} offer
 * @param {Element[]} blocks
 */
function offerPlace(offer, blocks) {
  const block = blocks[places().get(location.pathname)?.block ?? -1];
  const button = offer.querySelector("button");
  const words = offer.querySelector("[data-kept-words]");
  if (!(block instanceof HTMLElement) || !button || !words) return;
  const text = (block.textContent ?? "").trim().split(/\s+/);
  words.textContent = text.slice(0, WORDS).join(" ") + (text.length > WORDS ? " …" : "");
  offer.hidden = false;
  const begun = new IntersectionObserver(([first]) => {
    if (first.boundingClientRect.bottom < 0) offer.hidden = true;
  });
  begun.observe(blocks[0]);
  button.addEventListener("click", () => {
    block.tabIndex = -1; // so that a screen reader and the Tab key go on from there
    block.focus({ preventScroll: true });
    block.scrollIntoView({ block: "start" });
  });
}

/** @param {HTMLFormElement} form */
function offerSizes(form) {
  const size = read(SIZE);
  for (const choice of form.querySelectorAll("input")) {
    choice.checked = choice.value === (size ?? "0");
    choice.addEventListener("change", () => {
      show(choice.value);
      if (!read(NOTHING)) write(SIZE, choice.value === "0" ? null : choice.value);
    });
  }
  if (size) show(size);
}

/**
 * One button that deletes what is kept, or has it kept again.
 * @param {HTMLButtonElement} button
 * @param {Element} said where it is said that it was done
 * @param {HTMLElement} offer
 */
function offerDeleting(button, said, offer) {
  const { remove = "", resume = "", removed = "", resumed = "" } = button.dataset;
  const label = () => {
    button.textContent = read(NOTHING) ? resume : remove;
  };
  button.addEventListener("click", () => {
    const again = read(NOTHING) !== null;
    write(NOTHING, again ? null : "yes");
    if (!again) {
      write(PLACES, null);
      write(SIZE, null);
      offer.hidden = true;
    }
    label();
    said.textContent = again ? resumed : removed;
  });
  label();
}

const kept = document.querySelector("[data-kept]");
const body = document.querySelector(".story-body");
if (kept instanceof HTMLElement && body) {
  const blocks = [...body.children];
  const offer = kept.querySelector("[data-kept-place]");
  const form = kept.querySelector("form");
  const button = kept.querySelector("button[data-remove]");
  const said = kept.querySelector("[role=status]");
  if (form) offerSizes(form);
  if (offer instanceof HTMLElement) {
    if (button instanceof HTMLButtonElement && said) offerDeleting(button, said, offer);
    offerPlace(offer, blocks);
  }
  if (blocks.length > BEGUN) follow(blocks);
  kept.hidden = false;
}
