/** Copies what stands in the box before a button; without clipboard the box can be selected. */

const SAID_MS = 2_500;

for (const button of document.querySelectorAll("[data-copy]")) {
  const box = button.previousElementSibling;
  if (!(button instanceof HTMLButtonElement) || !(box instanceof HTMLTextAreaElement)) continue;
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(box.value);
      button.textContent = "Copied";
    } catch {
      box.select();
      button.textContent = "Select and copy";
    }
    setTimeout(() => {
      button.textContent = "Copy";
    }, SAID_MS);
  });
}
