import { findAll } from "./dom.js";

/** A form leaves once; the token inside it is the server's own defence. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});

/** Coming back with the browser's Back button, the form may be sent again. */
addEventListener("pageshow", () => {
  for (const form of findAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});
