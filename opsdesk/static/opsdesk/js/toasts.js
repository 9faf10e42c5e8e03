import { findAll, onContent } from "./dom.js";

// Good news leaves by itself; what went wrong stays until it has been read.
const TOAST_STAYS = 8000;

onContent(".toast", (toast) => {
  if (!toast.matches(".success, .info")) return;
  let timer = 0;
  const leave = () => {
    timer = setTimeout(() => toast.remove(), TOAST_STAYS);
  };
  const stay = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, leave);
  leave();
});

document.addEventListener("click", (event) =>
  event.target.closest("[data-dismiss]")?.closest(".toast")?.remove(),
);

/** After a form came back with an error, reading starts there: [data-focus]. */
findAll("[data-focus]")[0]?.focus();
