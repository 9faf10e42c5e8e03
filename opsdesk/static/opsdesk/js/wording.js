/** Lengths and sizes in words, exactly as opsdesk/core/wording.py writes them. */

export function spanText(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600) % 24;
  const days = Math.floor(seconds / 86400);
  if (days) return `${days} d ${hours} h`;
  return seconds < 3600
    ? `${minutes} m`
    : `${hours} h ${String(minutes).padStart(2, "0")} m`;
}

export function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999500) return `${Math.round(bytes / 1000)} KB`;
  const mega = bytes / 1e6;
  return `${mega.toFixed(mega < 9.95 ? 1 : 0)} MB`;
}
