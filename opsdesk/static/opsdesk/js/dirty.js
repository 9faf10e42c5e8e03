import { findAll, onContent } from "./dom.js";

/**
 * What somebody has begun to write outlives a lost page: textarea[data-draft=name].
 * It is kept in this tab until the form has been sent and another page has come.
 */
onContent("textarea[data-draft]", (field) => {
  const name = `draft:${location.pathname}:${field.dataset.draft}`;
  if (sessionStorage.getItem(`${name}:sent`)) {
    sessionStorage.removeItem(name);
    sessionStorage.removeItem(`${name}:sent`);
  }
  if (!field.value) field.value = sessionStorage.getItem(name) || "";
  field.addEventListener("input", () => {
    sessionStorage.setItem(name, field.value);
    sessionStorage.removeItem(`${name}:sent`);
  });
  field.form?.addEventListener("submit", () =>
    sessionStorage.setItem(`${name}:sent`, "1"),
  );
});

/** form[data-guard]: leaving it touched and unsent asks first. */
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-guard]");
  if (form) form.dataset.touched = "1";
});
addEventListener("beforeunload", (event) => {
  const unsent = findAll("form[data-guard][data-touched]:not([data-sent])");
  const written = unsent.some((form) =>
    findAll("textarea, input[type=text]", form).some((field) => field.value.trim()),
  );
  if (written) event.preventDefault();
});
