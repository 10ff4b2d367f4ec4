/**
 * Keeps the promise beside a campaign's form up to date while somebody writes, and hides the
 * fields that say nothing for what makes it give, as long as nothing stands in them.
 *
 * The server makes every word of the promise and refuses what is filled by mistake; this only
 * sends what stands in the form and shows the answer. An answer that comes after a newer one is
 * left out.
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

const list = document.getElementById("campaign-unused");
/** @type {Record<string, string[]>} */
const unused = JSON.parse(list?.textContent ?? "{}");

/**
 * The inputs of a field: one, a box for each choice, or two a row.
 *
 * @param {string} name
 * @returns {HTMLInputElement[]}
 */
function inputs(name) {
  const names = [name, `${name}-first`, `${name}-second`];
  const found = names.flatMap((each) => [...document.querySelectorAll(`[name="${each}"]`)]);
  return /** @type {HTMLInputElement[]} */ (found);
}

/** @param {HTMLInputElement} input */
function filled(input) {
  return input.type === "checkbox" ? input.checked : !["", "0"].includes(input.value.trim());
}

/** @param {HTMLFormElement} form */
function showWhatApplies(form) {
  // Not from the form's data: once published the trigger is disabled, and not among it.
  /** @type {HTMLInputElement | null} */
  const chosen = form.querySelector("[name=trigger]:checked");
  const trigger = chosen?.value ?? "";
  const names = new Set(Object.values(unused).flat());
  for (const name of names) {
    const found = inputs(name);
    const place = found[0]?.closest(".w-panel__wrapper");
    if (place instanceof HTMLElement) {
      place.hidden = Boolean(unused[trigger]?.includes(name)) && !found.some(filled);
    }
  }
  for (const group of document.querySelectorAll("[data-terms-group]")) {
    const place = /** @type {HTMLElement | null} */ (group.closest(".w-panel__wrapper"));
    if (place) {
      place.hidden = false;
      const fields = [...group.querySelectorAll("input, select, textarea")];
      place.hidden = fields.every((each) => each.closest("[hidden]"));
    }
  }
}

if (form) {
  showWhatApplies(form);
  form.addEventListener("change", () => showWhatApplies(form));
}

for (const pairs of document.querySelectorAll("[data-pairs]")) {
  const button = pairs.querySelector("[data-pairs-add]");
  const fixed = pairs.querySelector(":disabled"); // once published
  if (button instanceof HTMLButtonElement && !fixed) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const rows = pairs.querySelectorAll("[data-pairs-row]");
      const row = /** @type {HTMLElement} */ (rows[rows.length - 1].cloneNode(true));
      for (const input of row.querySelectorAll("input, select")) {
        const field = /** @type {HTMLInputElement} */ (input);
        field.value = "";
        field.removeAttribute("id");
        const label = field.getAttribute("aria-label") ?? "";
        field.setAttribute("aria-label", label.replace(/\d+$/, String(rows.length + 1)));
      }
      button.before(row);
      /** @type {HTMLElement | null} */ (row.querySelector("input, select"))?.focus();
    });
  }
}
