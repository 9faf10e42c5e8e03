import { find, findAll } from "./dom.js";

/** Where one is in a list: the snag page leads back to it, and on to its neighbours. */
const OPENED = ".row .ttl > a";

document.addEventListener("click", (event) => {
  if (!event.target.closest(OPENED)) return;
  const snags = findAll(OPENED).map((link) => link.pathname);
  sessionStorage.place = JSON.stringify([location.href, ...snags]);
});

const place = find("[data-place]");
const [listed, ...opened] = JSON.parse(sessionStorage.place || "[]");
const here = opened.indexOf(location.pathname);
if (place && here >= 0) {
  find("[data-list]").href = listed;
  place.hidden = false;
  for (const link of findAll("a", place)) {
    const next = opened[here + Number(link.dataset.step)];
    if (next) link.href = next;
    else link.remove();
  }
}
