import { find, findAll } from "./dom.js";

/**
 * "4 snags changed · Show": the list changes when somebody asks, never under them.
 * What was ticked and where the keyboard was survive the swap of [data-keep].
 */
let keptTicks = [];
let keptFocus = "";

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.target.matches?.("[data-keep]")) return;
  keptTicks = findAll(".pick:checked", event.target).map((box) => box.value);
  const focused = document.activeElement;
  keptFocus = event.target.contains(focused) ? focused.getAttribute("href") : "";
});

document.addEventListener("htmx:afterSwap", (event) => {
  const list = find("[data-keep]");
  if (!list || !(event.target.contains(list) || list.contains(event.target))) return;
  for (const box of findAll(".pick", list))
    if (keptTicks.includes(box.value)) box.checked = true;
  if (keptFocus) find(`a[href="${CSS.escape(keptFocus)}"]`, list)?.focus();
  keptTicks = [];
  keptFocus = "";
});

/** Without a part to swap, showing what changed is loading the page again. */
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-reload]")) return;
  event.preventDefault();
  location.reload();
});
