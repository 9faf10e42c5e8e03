import { find, findAll } from "./dom.js";
import { spanText } from "./wording.js";

// The server's clock wins over a wrong clock on this desk.
const serverNow = Date.parse(document.documentElement.dataset.now || "");
const clockSkew = Number.isNaN(serverNow) ? 0 : serverNow - Date.now();

/** Countdowns tick here: time[data-count]. What they mean comes from the server. */
function tickTimers() {
  for (const timer of findAll("time[data-count]")) {
    const left = Date.parse(timer.dateTime) - (Date.now() + clockSkew);
    if (Number.isNaN(left)) continue;
    const text = spanText(left);
    if (timer.textContent !== text) timer.textContent = text;
    if (left < 0 && !timer.dataset.over) flipToBreached(timer);
  }
}

/** A deadline that passes while one looks turns red at once, without a request. */
function flipToBreached(timer) {
  timer.dataset.over = "1";
  const promise = timer.closest(".sla, .clocks li");
  if (!promise) return;
  promise.classList.remove("ok", "risk");
  promise.classList.add("breached");
  const word = find(".w", promise);
  if (word) word.textContent = "over";
}

setInterval(tickTimers, 1000);
document.addEventListener("htmx:load", tickTimers);
tickTimers();
