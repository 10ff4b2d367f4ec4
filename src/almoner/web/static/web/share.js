/**
 * Betters the share links of a page where the browser can do more: the system's own share
 * sheet, copying the address, and going straight to a reader's Mastodon server. Without this
 * file every link still works; nothing is sent anywhere until the reader chooses.
 */

const COPIED_MS = 2_500;
const HOST = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:\d{1,5})?$/;

/** @param {HTMLElement} share */
function enhance(share) {
  const { url = location.href, title = document.title } = share.dataset;
  const native = share.querySelector("[data-share-native]");
  const copy = share.querySelector("[data-share-copy]");
  const mastodon = share.querySelector("[data-share-mastodon]");

  if (native instanceof HTMLButtonElement && "share" in navigator) {
    reveal(native);
    native.addEventListener("click", async () => {
      try {
        await navigator.share({ title, url });
      } catch {
        // The reader closed the sheet: nothing to say.
      }
    });
  }

  if (copy instanceof HTMLButtonElement && navigator.clipboard) {
    reveal(copy);
    copy.addEventListener("click", () => copyAddress(copy, url));
  }

  if (mastodon instanceof HTMLFormElement) {
    mastodon.addEventListener("submit", (event) => shareOnMastodon(event, mastodon));
  }
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
  if (!label) return;
  const usual = label.textContent;
  try {
    await navigator.clipboard.writeText(url);
    label.textContent = button.dataset.copied ?? "";
  } catch {
    label.textContent = button.dataset.failed ?? "";
  }
  setTimeout(() => {
    label.textContent = usual;
  }, COPIED_MS);
}

/**
 * Opens the named server's share page; anything that is no host name goes to our own page,
 * which says what is wrong with it.
 * @param {SubmitEvent} event
 * @param {HTMLFormElement} form
 */
function shareOnMastodon(event, form) {
  const fields = new FormData(form);
  const host = String(fields.get("instance"))
    .trim()
    .toLowerCase()
    .replace(/^https:\/\//, "")
    .replace(/^@?[^@/]*@/, "")
    .replace(/\/.*$/, "");
  if (!HOST.test(host)) return;
  event.preventDefault();
  const text = encodeURIComponent(String(fields.get("text")));
  open(`https://${host}/share?text=${text}`, "_blank", "noopener,noreferrer");
}

for (const share of document.querySelectorAll("[data-share]")) {
  if (share instanceof HTMLElement) enhance(share);
}
