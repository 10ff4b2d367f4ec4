/**
 * Keeps the promise beside a campaign's form up to date while somebody writes.
 *
 * The server makes every word of it; this only sends what stands in the form and shows the
 * answer. An answer that comes after a newer one is left out.
 */

const PAUSE = 350; // milliseconds without a key: long enough to finish a word

/** @type {HTMLElement | null} */
const panel = document.querySelector("[data-terms]");
/** @type {HTMLElement | null} */
const place = document.querySelector("[data-terms-url]");
const form = panel?.closest("form");
const address = place?.dataset.termsUrl;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let newest = 0;

/**
 * @param {HTMLElement} panel
 * @param {HTMLFormElement} form
 * @param {string} address
 */
async function refresh(panel, form, address) {
  const mine = ++newest;
  const answer = await fetch(address, { method: "POST", body: new FormData(form) });
  const html = answer.ok ? await answer.text() : "";
  if (html && mine === newest && html !== panel.innerHTML) {
    panel.innerHTML = html;
  }
}

if (panel && form && address) {
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh(panel, form, address), PAUSE);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
}
