import { find } from "./dom.js";

/** [data-open=id] opens a dialog; [data-close] or a click beside it closes it. */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  const dialog = opener && find(`#${CSS.escape(opener.dataset.open)}`);
  if (dialog && !dialog.open) {
    event.preventDefault();
    opener.closest("[popover]")?.hidePopover();
    dialog.showModal();
  }
  if (event.target.closest("[data-close]") || event.target.nodeName === "DIALOG")
    event.target.closest("dialog")?.close();
});
