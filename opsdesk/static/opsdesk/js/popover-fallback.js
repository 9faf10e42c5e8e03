import { find } from "./dom.js";

/** Where CSS cannot anchor a menu to its button, place it by hand. */
function placeMenu(event) {
  const menu = event.target;
  if (event.newState !== "open" || !menu.matches?.(".menu[popover]")) return;
  const button = find(`[popovertarget="${CSS.escape(menu.id)}"]`);
  if (!button) return;
  const place = button.getBoundingClientRect();
  const wanted = menu.classList.contains("end")
    ? place.right - menu.offsetWidth
    : place.left;
  const left = Math.min(wanted, innerWidth - menu.offsetWidth - 8);
  const above =
    menu.classList.contains("up") ||
    place.bottom + menu.offsetHeight + 8 > innerHeight;
  const top = above ? place.top - menu.offsetHeight - 4 : place.bottom + 4;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${Math.max(8, top)}px`;
}

if (!CSS.supports("position-area", "bottom"))
  document.addEventListener("toggle", placeMenu, true);
