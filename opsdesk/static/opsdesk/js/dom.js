/** Short names for what every module does with the page. */

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [
  ...root.querySelectorAll(selector),
];

/** Run for everything that matches, now and in whatever htmx puts on the page later. */
export function onContent(selector, attach) {
  const known = new WeakSet();
  const scan = (root) => {
    const self = root.matches?.(selector) ? [root] : [];
    for (const element of [...self, ...findAll(selector, root)]) {
      if (known.has(element)) continue;
      known.add(element);
      attach(element);
    }
  };
  scan(document);
  document.addEventListener("htmx:load", (event) => scan(event.target));
}

/** An icon from the sprite, as the server's `icon` tag makes it. */
export function iconOf(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const icon = document.createElementNS(namespace, "svg");
  const use = document.createElementNS(namespace, "use");
  icon.setAttribute("class", "i");
  icon.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.body.dataset.sprite}#${name}`);
  icon.append(use);
  return icon;
}
