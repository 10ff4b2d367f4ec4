/**
 * "Leave this page" at once: by its link, or by pressing Shift three times. The page is hidden
 * before anything is asked of the network, its title says nothing, and its place in the Back
 * button's list is taken by the page it leads to. What GOV.UK found by testing is kept: Shift
 * and not Escape, which stops a page from loading; any other key begins the count anew; what
 * was counted is shown and read out. The history is not touched: no page can.
 */

const PRESSES = 3;
// After this long without another press it was typing, not leaving.
const EXPIRES_MS = 5_000;

class LeavePage extends HTMLElement {
  #pressed = 0;
  #alone = false; // whether Shift is down and no other key has been pressed with it
  #expiry = 0;
  #title = document.title;
  /** @type {HTMLElement | null} */
  #cover = null;
  #listening = new AbortController();

  connectedCallback() {
    const { signal } = this.#listening;
    for (const link of document.querySelectorAll("[data-leave]")) {
      link.addEventListener("click", (event) => this.#clicked(event), { signal });
    }
    document.addEventListener("keydown", (event) => this.#down(event), { signal });
    document.addEventListener("keyup", (event) => this.#up(event), { signal });
    // Where the browser kept this page, covered, and somebody comes back to it all the same.
    window.addEventListener("pageshow", () => this.#reset(), { signal });
    this.querySelector("[data-hint]")?.removeAttribute("hidden");
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#expiry);
  }

  /** @param {Event} event */
  #clicked(event) {
    event.preventDefault(); // also with a key held down, which would open a second window
    this.#leave();
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (event.key === "Shift") {
      this.#alone = this.#alone || !event.repeat;
    } else {
      this.#alone = false;
      this.#forget("");
    }
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (event.key !== "Shift" || !this.#alone) return;
    this.#alone = false;
    this.#pressed += 1;
    this.dataset.pressed = String(this.#pressed);
    clearTimeout(this.#expiry);
    if (this.#pressed === PRESSES) {
      this.#leave();
      return;
    }
    this.#say(this.#pressed === 1 ? this.dataset.once : this.dataset.twice);
    this.#expiry = setTimeout(() => this.#forget(this.dataset.expired), EXPIRES_MS);
  }

  #leave() {
    if (this.#cover) return;
    const link = this.querySelector("a[data-leave]");
    if (!(link instanceof HTMLAnchorElement)) return;
    const cover = document.createElement("div");
    cover.className = "leave-cover";
    cover.setAttribute("role", "alert");
    const words = document.createElement("span");
    words.className = "visually-hidden";
    words.textContent = this.dataset.leaving ?? "";
    cover.append(words);
    document.documentElement.dataset.left = "";
    document.body.append(cover);
    this.#cover = cover;
    document.title = this.dataset.title ?? "";
    location.replace(link.href);
  }

  #reset() {
    this.#cover?.remove();
    this.#cover = null;
    delete document.documentElement.dataset.left;
    document.title = this.#title;
    this.#forget("");
  }

  /** @param {string | undefined} words */
  #forget(words) {
    clearTimeout(this.#expiry);
    if (this.#pressed === 0) return;
    this.#pressed = 0;
    delete this.dataset.pressed;
    this.#say(words);
  }

  /** @param {string | undefined} words */
  #say(words) {
    const status = this.querySelector("[data-status]");
    if (status) status.textContent = words ?? "";
  }
}

customElements.define("leave-page", LeavePage);
