// Where one is on the sheet is kept, quietly: on this device or another it opens there again.
import { token } from './post.js';

const WAIT_MS = 1200, sheet = document.querySelector('[data-scope]');
let at = '', sent = '', timer, touched = false;

function send() {
  clearTimeout(timer);
  if (!at || at === sent) return;
  sent = at;
  const body = new URLSearchParams({ scope: sheet.dataset.scope, photo: at, query: sheet.dataset.query.slice(1) });
  fetch('/place/', { method: 'POST', body, keepalive: true, headers: { 'X-CSRFToken': token() } }).catch(() => { sent = ''; });
}
function note(cell) {
  if (!cell || !touched) return;             // what the page does by itself is no place of a person
  at = cell.dataset.photo;
  clearTimeout(timer);
  timer = setTimeout(send, WAIT_MS);
}
const focused = () => document.activeElement?.closest?.('[data-list] [data-photo]');
for (const name of ['keydown', 'pointerdown']) addEventListener(name, () => { touched = true; }, { capture: true, once: true });
document.addEventListener('focusin', () => note(focused()));
document.addEventListener('gallery:shown', event => note(event.detail));
document.addEventListener('gallery:painted', () => note(focused()));
document.addEventListener('visibilitychange', () => { if (document.hidden) send(); });
addEventListener('pagehide', send);

// Who comes by a link to a frame is where that says, whatever was kept.
const frame = /^#f0*(\d+)$/.exec(location.hash);
if (frame) {
  document.getElementById('place')?.remove();
  if (!document.querySelector(location.hash) && !location.search.includes('at=')) location.replace(`?at=${frame[1]}${location.hash}`);
}
