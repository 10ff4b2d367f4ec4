/**
 * Betters the share links of a page where the browser can do more: the system's own share
 * sheet, copying the address, and going straight to a reader's Mastodon server. A shared story
 * gets a code, by which this device can ask later what the share did. Without this file every
 * link still works; nothing is sent anywhere until the reader chooses.
 */

import { came } from "./came.js";
import { change } from "./own-reads.js";

const COPIED_MS = 2_500;
const HOST = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:\d{1,5})?$/;

/** @typedef {{ code: string, url: string, did: string }} Coded */

/** @param {HTMLElement} share */
function enhance(share) {
  const { url = location.href, title = document.title, story } = share.dataset;
  const native = share.querySelector("[data-share-native]");
  const copy = share.querySelector("[data-share-copy]");
  const mastodon = share.querySelector("[data-share-mastodon]");
  const coded = () => mint(share, title, story);

  if (native instanceof HTMLButtonElement && "share" in navigator) {
    reveal(native);
    native.addEventListener("click", async () => {
      try {
        await navigator.share({ title, url: (await coded())?.url ?? url });
      } catch {
        // The reader closed the sheet: nothing to say.
      }
    });
  }

  if (copy instanceof HTMLButtonElement && navigator.clipboard) {
    reveal(copy);
    copy.addEventListener("click", async () => copyAddress(copy, (await coded())?.url ?? url));
  }

  if (story) {
    for (const link of share.querySelectorAll("[data-share-link]")) {
      if (link instanceof HTMLAnchorElement) {
        link.addEventListener("click", (event) => follow(event, link, url, coded));
      }
    }
  }

  if (mastodon instanceof HTMLFormElement) {
    mastodon.addEventListener("submit", (event) => shareOnMastodon(event, mastodon, url, coded));
  }
}

/**
 * Asks for a share code, keeps it on this device, and shows the way to what it did. Undefined
 * where there is none: then the story is shared by its own address.
 * @param {HTMLElement} share @param {string} title @param {string | undefined} story
 * @returns {Promise<Coded | undefined>}
 */
async function mint(share, title, story) {
  if (!story) return undefined;
  try {
    const answer = await fetch(`/share/${story}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ share: came }),
      credentials: "omit",
    });
    if (!answer.ok) return undefined;
    /** @type {Coded} */
    const coded = await answer.json();
    change((kept) => kept.shares.push({ code: coded.code, title, did: coded.did }));
    const did = share.querySelector("[data-share-did]");
    if (did instanceof HTMLElement) {
      did.querySelector("a")?.setAttribute("href", coded.did);
      did.hidden = false;
    }
    return coded;
  } catch {
    return undefined;
  }
}

/**
 * Follows a share link with a code that this device knows. A link that is opened in another
 * tab goes its plain way, where the site makes the code.
 * @param {MouseEvent} event @param {HTMLAnchorElement} link @param {string} url
 * @param {() => Promise<Coded | undefined>} mint
 */
async function follow(event, link, url, mint) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const coded = await mint();
  if (!coded) location.assign(link.href);
  else if (link.protocol === "mailto:") location.assign(withCode(link.href, url, coded));
  else location.assign(`${link.href}?s=${coded.code}`);
}

/** An address that holds `url`, with the coded one in its place. @param {string} text @param {string} url @param {Coded} coded */
function withCode(text, url, coded) {
  return text.replaceAll(encodeURIComponent(url), encodeURIComponent(coded.url));
}

/** @param {HTMLElement} control */
function reveal(control) {
  const item = control.closest("[hidden]");
  if (item) item.removeAttribute("hidden");
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} url
 */
async function copyAddress(button, url) {
  const label = button.querySelector("[data-share-label]");
  // Beside the button: a status inside is no part of its name, and is not announced.
  const status = button.closest("[data-share]")?.querySelector("[data-share-said]");
  if (!label || !status) return;
  const usual = label.textContent;
  try {
    await navigator.clipboard.writeText(url);
    label.textContent = button.dataset.copied ?? "";
  } catch {
    label.textContent = button.dataset.failed ?? "";
  }
  status.textContent = label.textContent;
  setTimeout(() => {
    label.textContent = usual;
    status.textContent = "";
  }, COPIED_MS);
}

/**
 * Opens the named server's share page; anything that is no host name goes to our own page,
 * which says what is wrong with it.
 * @param {SubmitEvent} event
 * @param {HTMLFormElement} form
 * @param {string} url
 * @param {() => Promise<Coded | undefined>} mint
 */
async function shareOnMastodon(event, form, url, mint) {
  const fields = new FormData(form);
  const host = String(fields.get("instance"))
    .trim()
    .toLowerCase()
    .replace(/^https:\/\//, "")
    .replace(/^@?[^@/]*@/, "")
    .replace(/\/.*$/, "");
  if (!HOST.test(host)) return;
  event.preventDefault();
  const coded = await mint();
  const text = encodeURIComponent(String(fields.get("text")));
  const post = coded ? withCode(text, url, coded) : text;
  open(`https://${host}/share?text=${post}`, "_blank", "noopener,noreferrer");
}

for (const share of document.querySelectorAll("[data-share]")) {
  if (share instanceof HTMLElement) enhance(share);
}
