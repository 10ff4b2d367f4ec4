// Asks for the part of the page that moves, every second while something does.

const PAUSE = 1000; // milliseconds
const part = document.getElementById("jobs-part");

/** Put the newest in place of what is shown, unless somebody is about to press in it. */
async function renew() {
  const address = new URL(location.href);
  address.searchParams.set("part", "1");
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected || !part) return;
  const newest = await answer.text();
  const focused = document.activeElement;
  if (focused instanceof HTMLButtonElement && part.contains(focused)) return;
  part.innerHTML = newest;
}

/** Go on while anything moves. */
async function follow() {
  while (part?.querySelector("[data-moving]")) {
    await new Promise((done) => setTimeout(done, PAUSE));
    if (document.hidden) continue;
    try {
      await renew();
    } catch {
      // The server is away for a moment; it is asked again.
    }
  }
}

follow();
