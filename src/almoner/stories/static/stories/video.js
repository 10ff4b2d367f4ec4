// Plays a video where its card stands, once a reader has asked for it and not before.
// The page's policy allows only the players of the videos it has (stories/video.py).

/** @param {HTMLElement} video */
function offer(video) {
  const here = video.querySelector(".video-here");
  const button = here?.querySelector("button");
  if (!(here instanceof HTMLElement) || !button) return;
  here.hidden = false;
  button.addEventListener("click", () => {
    const frame = document.createElement("iframe");
    frame.className = "video-frame";
    frame.src = video.dataset.video ?? "";
    frame.title = video.dataset.title ?? "";
    frame.allow = "autoplay; fullscreen; encrypted-media";
    // Players refuse to start without knowing the site; they are not told the page.
    frame.referrerPolicy = "strict-origin";
    video.replaceChildren(frame);
    frame.focus();
  });
}

for (const video of document.querySelectorAll("[data-video]")) {
  if (video instanceof HTMLElement) offer(video);
}
