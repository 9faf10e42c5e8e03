/** Figures explain themselves: data-tip="heading|colour class:text|…". */
const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("role", "presentation");
document.body.append(tip);

const SVG = "http://www.w3.org/2000/svg";
let tipSource = null;

function fillTip(text) {
  const [heading, ...lines] = text.split("|");
  const title = document.createElement("b");
  title.textContent = heading;
  tip.replaceChildren(title, ...lines.map(tipLine));
}

function tipLine(line) {
  const cut = line.indexOf(":");
  const row = document.createElement("span");
  const key = document.createElementNS(SVG, "svg");
  const box = document.createElementNS(SVG, "rect");
  key.setAttribute("class", `key ${line.slice(0, cut)}`);
  for (const [name, value] of Object.entries({ width: 9, height: 9, rx: 2 }))
    box.setAttribute(name, value);
  key.append(box);
  if (cut > 0) row.append(key);
  row.append(line.slice(cut + 1));
  return row;
}

/** Show the tip of what the pointer or the keyboard is on; hide it elsewhere. */
function tipFor(target, x, y) {
  tip.classList.toggle("on", Boolean(target));
  if (!target) {
    tipSource = null;
    return;
  }
  if (tipSource !== target) {
    tipSource = target;
    fillTip(target.dataset.tip);
  }
  const left = Math.min(innerWidth - tip.offsetWidth - 8, x + 14);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, y - tip.offsetHeight - 12)}px`;
}

document.addEventListener(
  "pointermove",
  (event) =>
    tipFor(event.target.closest?.("[data-tip]"), event.clientX, event.clientY),
  { passive: true },
);
document.addEventListener("focusin", (event) => {
  const target =
    event.target.closest?.("[data-tip]") ||
    event.target.querySelector?.(":scope > [data-tip]");
  const place = target?.getBoundingClientRect();
  tipFor(target, place ? place.left + place.width / 2 : 0, place?.top ?? 0);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") tipFor(null);
});
