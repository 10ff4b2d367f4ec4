/** The builder for other sites: each choice shows at once what it makes. Without it, a button does. */

const CHANGE_MS = 150; // While a colour is dragged, it changes many times a second.
const SAID_MS = 2_500;

const form = document.querySelector("[data-embeds]");
const made = document.querySelector("[data-embeds-made]");
let waiting = 0;
let asked = 0;

/** @param {HTMLFormElement} of */
async function make(of) {
  asked += 1;
  const number = asked;
  const address = new URL(location.href);
  address.search = String(new URLSearchParams(/** @type {any} */ (new FormData(of))));
  const response = await fetch(address);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const newest = page.querySelector("[data-embeds-made]");
  if (number !== asked || !newest || !made) return; // A later choice overtook this one.
  made.replaceChildren(...newest.children);
  history.replaceState(null, "", address);
  offerCopies();
}

function offerCopies() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const box = button.previousElementSibling;
    if (!(button instanceof HTMLButtonElement) || !(box instanceof HTMLTextAreaElement)) continue;
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(box.value).catch(() => box.select());
      button.textContent = document.activeElement === box ? "Select and copy" : "Copied";
      setTimeout(() => button.replaceChildren("Copy"), SAID_MS);
    });
  }
}

if (form instanceof HTMLFormElement) {
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => make(form), CHANGE_MS);
  });
}
offerCopies();
