/**
 * Draws each account of promises as stacked bars, a bar a campaign, from the table beneath it:
 * the table is the data, so the two cannot disagree, and without this script nothing is missing.
 * Chart.js (vendor/, loaded before this) draws on a canvas and needs no inline style or script.
 */

const BAR = 34; // pixels for each campaign: a finger's width between two
const AXIS = 46; // pixels for the scale beneath

const { Chart } = /** @type {any} */ (globalThis);
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {HTMLElement} figure */
function draw(figure) {
  const account = figure.closest(".promise-account");
  const canvas = figure.querySelector("canvas");
  const frame = figure.querySelector(".promise-canvas");
  if (!account || !canvas || !(frame instanceof HTMLElement)) return;
  const rows = [...account.querySelectorAll("tr[data-bar]")];
  const names = [...account.querySelectorAll("th[data-stretch]")].map(text);
  const style = getComputedStyle(account);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(name).trim();

  figure.hidden = false;
  frame.style.blockSize = `${rows.length * BAR + AXIS}px`;
  Chart.getChart(canvas)?.destroy();
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.getAttribute("data-bar")),
      datasets: names.map((label, at) => ({
        label,
        data: rows.map((row) => value(row, at)),
        words: rows.map((row) => text(cell(row, at))),
        backgroundColor: colour(`--stretch-${at + 1}`),
        borderColor: colour("--paper"),
        borderWidth: { right: 1 },
        barPercentage: 0.75,
        categoryPercentage: 0.9,
      })),
    },
    options: {
      indexAxis: "y",
      animation: still.matches ? false : { duration: 400 },
      maintainAspectRatio: false,
      color: colour("--ink"),
      scales: {
        x: {
          stacked: true,
          ticks: { color: colour("--ink-soft"), maxTicksLimit: 6, precision: 0 },
          grid: { color: colour("--line") },
          border: { display: false },
        },
        y: {
          stacked: true,
          ticks: { color: colour("--ink") },
          grid: { display: false },
          border: { display: false },
        },
      },
      plugins: {
        legend: { display: false }, // The table's headings carry the colours.
        tooltip: {
          callbacks: {
            /** @param {any} item */
            label: (item) => `${item.dataset.label}: ${item.dataset.words[item.dataIndex]}`,
          },
        },
      },
    },
  });
}

/**
 * @param {Element} row
 * @param {number} at
 */
function cell(row, at) {
  return row.querySelectorAll("td[data-value]")[at];
}

/**
 * @param {Element} row
 * @param {number} at
 */
function value(row, at) {
  return Number(cell(row, at)?.getAttribute("data-value") ?? 0);
}

/** @param {Element | undefined} element */
function text(element) {
  return element?.textContent?.trim() ?? "";
}

function drawAll() {
  for (const figure of document.querySelectorAll("[data-promises]")) {
    if (figure instanceof HTMLElement) draw(figure);
  }
}

drawAll();
dark.addEventListener("change", drawAll);
