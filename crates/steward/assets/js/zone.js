// Pages are written in the reader's time zone, which only the browser knows.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`steward_zone=${encodeURIComponent(zone)}`)) {
  document.cookie = `steward_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}
