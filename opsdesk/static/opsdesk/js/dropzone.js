import { find, iconOf, onContent } from "./dom.js";
import { sizeText } from "./wording.js";

/** [data-drop]: drop files on it, paste a screenshot; else it is a plain file field. */
onContent("[data-drop]", (zone) => {
  const input = find("input[type=file]", zone);
  if (!input) return;
  zone.classList.add("ready");
  input.addEventListener("change", () => listFiles(zone, input));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    addFiles(input, event.dataTransfer.files);
  });
  zone.closest("form")?.addEventListener("paste", (event) => {
    const pasted = [...event.clipboardData.files];
    if (!pasted.length) return;
    event.preventDefault();
    addFiles(input, pasted.map(named));
  });
});

/** Every screenshot is called image.png; the time tells them apart. */
function named(file) {
  const at = new Date().toISOString().slice(11, 19).replaceAll(":", "");
  const ending = file.type.split("/")[1] || "bin";
  const name = /^image\.\w+$/.test(file.name) ? `screenshot-${at}.${ending}` : file.name;
  return new File([file], name, { type: file.type });
}

function setFiles(input, files) {
  const all = new DataTransfer();
  for (const file of files) all.items.add(file);
  input.files = all.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function addFiles(input, files) {
  setFiles(input, [...input.files, ...files]);
}

function listFiles(zone, input) {
  const files = [...input.files];
  const most = Number(zone.dataset.maxFiles || Infinity);
  const largest = Number(zone.dataset.maxBytes || Infinity);
  const rows = files.map((file, index) =>
    fileRow(file, file.size > largest, () =>
      setFiles(
        input,
        files.filter((_, other) => other !== index),
      ),
    ),
  );
  if (files.length > most) rows.push(warning(`At most ${most} files at a time.`));
  find("[data-files]", zone)?.replaceChildren(...rows);
}

function fileRow(file, isTooLarge, remove) {
  const row = document.createElement("li");
  const label = document.createElement("span");
  const size = document.createElement("small");
  const button = document.createElement("button");
  label.textContent = file.name;
  size.textContent = isTooLarge
    ? `${sizeText(file.size)}: too large`
    : sizeText(file.size);
  row.classList.toggle("bad", isTooLarge);
  button.type = "button";
  button.className = "btn ghost sq sm";
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.append(iconOf("x"));
  button.addEventListener("click", remove);
  row.append(iconOf("paperclip"), label, size, button);
  return row;
}

function warning(text) {
  const row = document.createElement("li");
  row.className = "bad";
  row.textContent = text;
  return row;
}
