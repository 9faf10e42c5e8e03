import { find, findAll } from "./dom.js";
import { openPalette } from "./palette.js";
import { moveRow, pickRow } from "./rows.js";

// WCAG 2.1.4: who speaks to the screen or strays on keys switches single keys off.
const LETTERS_OFF = document.body.dataset.shortcuts === "off";
const MODIFIER = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
const PATIENCE = 900;
let leaderAt = 0;

for (const hint of findAll("[data-mod]"))
  hint.textContent = `${MODIFIER} ${hint.dataset.mod}`;

const LETTER_KEYS = {
  j: () => moveRow(1),
  k: () => moveRow(-1),
  x: pickRow,
  "/": () => (find("#q") ? find("#q").focus() : openPalette()),
  "?": () => find("#help")?.showModal(),
};

/** G and then a letter goes where the navigation says: [data-go=letter]. */
function goTo(letter) {
  const link = find(`[data-go="${CSS.escape(letter)}"]`);
  link?.click();
  return Boolean(link);
}

/** [data-key=r] is focused when one can type into it, else clicked. */
function useMarked(element) {
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
}

function isTyping(target) {
  return target.matches?.(
    "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]",
  );
}

document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  const isChord = event.metaKey || event.ctrlKey || event.altKey;
  if (isChord || LETTERS_OFF || isTyping(event.target) || find("dialog[open]")) return;
  const key = event.key;
  if (leaderAt && Date.now() - leaderAt < PATIENCE) {
    leaderAt = 0;
    if (goTo(key)) event.preventDefault();
    return;
  }
  if (key === "g") {
    leaderAt = Date.now();
    return;
  }
  const marked = key.length === 1 && find(`[data-key="${CSS.escape(key)}"]`);
  const act = marked ? () => useMarked(marked) : LETTER_KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});
