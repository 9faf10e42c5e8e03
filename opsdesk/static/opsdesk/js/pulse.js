/**
 * Every 20 s, while somebody looks, parts of the page may ask for news:
 * hx-trigger="ops:pulse from:body". The server answers 204 when there is none.
 */
function sendPulse() {
  if (document.visibilityState !== "visible") return;
  document.body.dispatchEvent(new CustomEvent("ops:pulse", { bubbles: true }));
}

setInterval(sendPulse, 20000);
document.addEventListener("visibilitychange", sendPulse);
