/** [data-print] puts the page on paper as it stands. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
