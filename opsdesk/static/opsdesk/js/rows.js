import { find, findAll } from "./dom.js";

/** The row the keyboard is on, and ticking many at once. */
let currentRow = null;
let lastPick = null;

export function moveRow(step) {
  const rows = findAll(".row");
  if (!rows.length) return;
  const at = rows.indexOf(currentRow);
  currentRow?.classList.remove("cur");
  currentRow = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  currentRow.classList.add("cur");
  find("a", currentRow)?.focus({ preventScroll: true });
  currentRow.scrollIntoView({ block: "nearest" });
}

export function pickRow() {
  if (currentRow?.isConnected) find(".pick", currentRow)?.click();
}

/** Shift-click ticks everything between this box and the last one. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-clear]"))
    for (const box of findAll(".pick")) box.checked = false;
  const box = event.target;
  if (!box.matches?.(".pick")) return;
  const boxes = findAll(".pick");
  const [from, to] = [boxes.indexOf(lastPick), boxes.indexOf(box)].sort(
    (one, other) => one - other,
  );
  if (event.shiftKey && from >= 0)
    for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
  lastPick = box;
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]"))
    for (const box of findAll(".pick")) box.checked = event.target.checked;
});
