/**
 * Keeps a campaign's disclosure on somebody else's page up to date.
 *
 *   <p data-almoner-disclosure="holiday-bowls">The text as it was when it was pasted.</p>
 *   <script type="module" src="https://giving.example/campaigns/holiday-bowls/disclosure.js"></script>
 *
 * The text stands until a newer one arrives, so without this script, or without us, the page
 * still says something. It needs `script-src` and `connect-src` for our address and nothing
 * else: no inline style, no inline script, no cookie, no storage.
 */

const ADDRESS = new URL("disclosure.json", import.meta.url);
const EVERY_MS = 60_000; // A cap that is met is told within a minute.

/** @typedef {{ campaign: string, text: string, state: string, cap_met: boolean }} Disclosure */

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(ADDRESS, {
      cache: "no-cache",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    if (response.ok) show(await response.json());
  } catch {
    // Offline, or we are: the text that is there stands.
  }
}

/** @param {Disclosure} disclosure */
function show(disclosure) {
  const places = document.querySelectorAll(
    `[data-almoner-disclosure="${CSS.escape(disclosure.campaign)}"]`,
  );
  for (const place of places) {
    if (place.textContent !== disclosure.text) place.textContent = disclosure.text;
    place.setAttribute(
      "data-almoner-state",
      disclosure.cap_met ? "limit reached" : disclosure.state,
    );
  }
}

refresh();
setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
