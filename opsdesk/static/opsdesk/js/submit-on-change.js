/** form[data-autosubmit]: a choice takes effect at once; without script by a button. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form) form.requestSubmit();
});
