/** Light, dark or the device's own: kept in a cookie, so that no page flashes. */
const THEME_COOKIE = "path=/;samesite=lax";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-set]");
  if (!button) return;
  const theme = button.dataset.themeSet;
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme};max-age=31536000;${THEME_COOKIE}`;
  button.closest("[popover]")?.hidePopover();
});

/** Who saves a theme in the profile means it: this device's own choice steps back. */
document.addEventListener("submit", (event) => {
  if (event.target.elements?.namedItem("theme"))
    document.cookie = `theme=;max-age=0;${THEME_COOKIE}`;
});
