// Shows the check before publishing in the side panel, anew after every save of the draft.

const ADDRESS = /\/admin\/pages\/(\d+)\/edit\//;

async function look() {
  const panel = document.querySelector("[data-story-check]");
  const findings = panel?.querySelector("[data-story-check-findings]");
  const story = ADDRESS.exec(window.location.pathname)?.[1];
  if (!(panel instanceof HTMLElement) || !findings || !story) return;
  const answer = await fetch(`/admin/stories/check/${story}/`);
  // Other kinds of page have no such check.
  if (!answer.ok) return;
  findings.innerHTML = await answer.text();
  panel.hidden = false;
}

document.addEventListener("w-autosave:success", look);
look();
