import { find, findAll, iconOf } from "./dom.js";

/** Search or jump: the pages this person has, and what the server finds. */
const palette = find("#palette");
const paletteInput = palette && find("input", palette);
const paletteList = palette && find("ul", palette);
let searchTimer = 0;
let searchTurn = 0;

export function openPalette() {
  if (palette && !palette.open) palette.showModal();
}

/** However it was opened, it starts afresh. */
function resetPalette() {
  if (!palette.open) return;
  paletteInput.value = "";
  filterPages("");
  paletteInput.focus();
}

function choices() {
  return findAll("li:not([hidden]) a", paletteList);
}

function choose(link) {
  for (const other of findAll("a", paletteList)) {
    other.setAttribute("aria-selected", String(other === link));
    other.id = other === link ? "pal-current" : "";
  }
  paletteInput.setAttribute("aria-activedescendant", link ? "pal-current" : "");
  link?.scrollIntoView({ block: "nearest" });
}

function filterPages(text) {
  for (const hit of findAll("li[data-hit]", paletteList)) hit.remove();
  for (const item of findAll("li", paletteList))
    item.hidden = !item.textContent.toLowerCase().includes(text.toLowerCase());
  settle(false);
}

function settle(complete) {
  const links = choices();
  find(".pal-none", palette).hidden = !complete || links.length > 0;
  choose(links[0]);
}

async function askServer(text) {
  const turn = ++searchTurn;
  const address = `${palette.dataset.search}?q=${encodeURIComponent(text)}`;
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok || turn !== searchTurn) return;
  const { hits } = await answer.json();
  paletteList.append(...hits.map(hitItem));
  settle(true);
}

function hitItem(hit) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const label = document.createElement("span");
  item.dataset.hit = "";
  item.setAttribute("role", "presentation");
  link.setAttribute("role", "option");
  link.setAttribute("aria-selected", "false");
  link.tabIndex = -1;
  link.href = hit.url;
  label.textContent = hit.label;
  link.append(iconOf(hit.icon), label);
  item.append(link);
  return item;
}

if (palette)
  new MutationObserver(resetPalette).observe(palette, { attributeFilter: ["open"] });

paletteInput?.addEventListener("input", () => {
  const text = paletteInput.value.trim();
  filterPages(text);
  clearTimeout(searchTimer);
  searchTurn += 1;
  if (text.length < 2) return;
  if (palette.dataset.search) searchTimer = setTimeout(() => askServer(text), 150);
  else settle(true);
});

palette?.addEventListener("keydown", (event) => {
  const links = choices();
  const at = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter" && links[at]) {
    event.preventDefault();
    links[at].click();
  } else if (step && links.length) {
    event.preventDefault();
    choose(links[(at + step + links.length) % links.length]);
  }
});
