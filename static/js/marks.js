// Decisions and stars: painted at once, sent in order a moment later, taken back one gesture at a time.
import { say, undoAction } from './status.js';
import { fill, gettext, ngettext } from './text.js';

const BATCH = 20, WAIT_MS = 400, TRIES = 3;
const FIELD = { decision: 'decision', rating: 'rating' };
const queue = [], past = [];     // gestures not sent yet; gestures made on this page, for undo
let timer, sending = null, stuck = false, underway = 0;

export const cells = () => [...document.querySelectorAll('[data-photo]')];
export const cellOf = id => document.querySelector(`[data-photo="${id}"]`);
const sheet = document.querySelector('[data-session]');

// --- painting ---------------------------------------------------------------

function words(cell) {
  const said = { 1: gettext(', picked'), 2: gettext(', rejected') }[cell.dataset.decision] ?? '', n = +cell.dataset.rating;
  return said + (n ? fill(ngettext(', %(n)s star', ', %(n)s stars', n), { n }) : '');
}
function paint(cell, axis, value) {
  const before = +cell.dataset[FIELD[axis]];
  if (before === value) return;
  if (axis === 'decision') count(cell, before, value);
  cell.dataset[FIELD[axis]] = value;
  const state = cell.querySelector('[data-f=state]'), stars = cell.querySelector('[data-f=stars]');
  if (state) state.textContent = words(cell);
  if (stars) stars.textContent = cell.dataset.rating;
}
function count(cell, before, value) {
  if (!sheet) return;
  const data = sheet.dataset, by = { 1: 'picked', 2: 'rejected' };
  if (by[before]) data[by[before]] = +data[by[before]] - 1;
  if (by[value]) data[by[value]] = +data[by[value]] + 1;
  if (cell.dataset.final !== '1') data.unfiled = +data.unfiled + (value === 1) - (before === 1);
}
// Cells that leave the list, or come back to it (by: -1, 1).
export function countIn(chosen, by) {
  if (!sheet) return;
  const data = sheet.dataset;
  for (const { dataset: { decision, final } } of chosen) {
    data.made = +data.made + by;
    const name = { 1: 'picked', 2: 'rejected' }[decision];
    if (name) data[name] = +data[name] + by;
    if (decision === '1' && final !== '1') data.unfiled = +data.unfiled + by;
  }
  drawCounts();
}
export function drawCounts() {
  if (!sheet) return;
  const { made, picked, rejected, unfiled } = Object.fromEntries(Object.entries(sheet.dataset).map(([k, v]) => [k, +v]));
  const decided = picked + rejected, set = (name, value) => document.querySelectorAll(name).forEach(el => { el.textContent = value; });
  set('[data-n=all]', made);
  set('[data-n=undecided]', made - decided);
  set('[data-n=picks]', picked);
  set('[data-n=rejects]', rejected);
  set('[data-f=decided], [data-f=decided-copy]', decidedWords());
  const bar = document.querySelector('[data-f=bar]'), complete = document.getElementById('complete');
  document.querySelector('[data-f=ready]')?.toggleAttribute('hidden', decided > 0);
  bar.max = Math.max(1, made);
  bar.value = decided;
  bar.parentElement.hidden = !made;
  if (complete) {
    complete.hidden = !unfiled || document.getElementById('live')?.matches('[hx-get*="filing=1"]');
    complete.querySelector('[data-f=complete]').textContent = fill(ngettext('Complete %(n)s pick', 'Complete %(n)s picks', unfiled), { n: unfiled });
  }
}
export function decidedWords() {
  if (!sheet) return '';
  const { made, picked, rejected } = sheet.dataset;
  return fill(gettext('%(done)s of %(all)s decided'), { done: +picked + +rejected, all: made });
}

// --- deciding ---------------------------------------------------------------

// One gesture: the same mark for one cell or many. Returns the cells that changed.
export function decide(chosen, axis, value) {
  const changed = chosen.filter(cell => +cell.dataset[FIELD[axis]] !== value);
  if (changed.length) {
    const gesture = { axis, value, ids: changed.map(cell => +cell.dataset.photo), old: changed.map(cell => +cell.dataset[FIELD[axis]]) };
    changed.forEach(cell => paint(cell, axis, value));
    past.push(gesture);
    push(gesture);
  }
  announce(chosen, axis, value);
  document.dispatchEvent(new CustomEvent('gallery:painted'));
  return changed;
}
function announce(chosen, axis, value) {
  const one = chosen.length === 1, name = one ? chosen[0].dataset.name ?? '' : chosen.length;
  const verb = axis === 'rating'
    ? value ? fill(ngettext('%(n)s star', '%(n)s stars', value), { n: value }) : gettext('No stars')
    : [gettext('Undecided'), gettext('Picked'), gettext('Rejected')][value];
  const { made, picked, rejected } = sheet?.dataset ?? {};
  const all = sheet && +made && +picked + +rejected === +made && axis === 'decision' && document.getElementById('live')?.dataset.generating !== '1';
  const tail = all
    ? fill(ngettext('All %(made)s decided: %(n)s pick', 'All %(made)s decided: %(n)s picks', +picked), { made, n: picked })
    : decidedWords();
  say(`${[verb, name].filter(part => part !== '').join(' ')}.${tail ? ` ${tail}` : ''}`, [undoAction(undo)]);
}

// A gesture that is not a mark: how it is taken back is its own matter.
export const remember = takeBack => past.push({ takeBack });

export function undo() {
  const gesture = past.pop(), said = document.querySelector('#status form');
  if (gesture?.takeBack) { gesture.takeBack(); return; }
  if (!gesture && said) { said.requestSubmit(); return; }       // done before this page, and offered on it
  if (gesture) {
    gesture.ids.forEach((id, i) => { const cell = cellOf(id); if (cell && +cell.dataset[FIELD[gesture.axis]] === gesture.value) paint(cell, gesture.axis, gesture.old[i]); });
    document.dispatchEvent(new CustomEvent('gallery:painted', { detail: gesture.ids[0] }));
    say([gettext('Undone.'), decidedWords()].join(' ').trim());
  }
  push({ undo: true, known: Boolean(gesture) });
}

// --- sending ----------------------------------------------------------------

function push(gesture) {
  queue.push(gesture);
  tell();
  drawCounts();
  clearTimeout(timer);
  if (stuck) return;
  timer = setTimeout(flush, queue.length >= BATCH || gesture.undo ? 0 : WAIT_MS);
}
// How many marks are not saved yet, for those who look: style sheets, tests.
function tell() { document.documentElement.toggleAttribute('data-unsaved', queue.length + underway > 0); }
// Something else that is being saved.
export async function saving(promise) {
  underway++;
  tell();
  try { return await promise; } finally { underway--; tell(); }
}
// Send what waits, oldest first. Resolves to whether everything is saved.
export function flush() {
  clearTimeout(timer);
  sending ??= drain().finally(() => { sending = null; });
  return sending;
}
async function drain() {
  while (queue.length) {
    const batch = queue[0].undo ? [queue[0]] : queue.slice(0, BATCH).filter((gesture, i, all) => !all.slice(0, i + 1).some(one => one.undo));
    if (!await delivered(batch)) { stuck = true; notSaved(); return false; }
    stuck = false;
    queue.splice(0, batch.length);
    tell();
  }
  return true;
}
async function delivered(batch) {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (attempt > 1) await new Promise(done => setTimeout(done, 600 * 3 ** (attempt - 2)));
    try {
      const answer = await post(batch);
      if (answer.ok && answer.headers.get('Content-Type')?.includes('json')) { await settle(batch, await answer.json()); return true; }
      if (answer.redirected) { location.assign(answer.url); return false; }        // signed out meanwhile
      if (answer.status === 400 || answer.status === 404) return true;             // will never be taken
    } catch { /* the line is down: try again */ }
  }
  return false;
}
function post(batch) {
  const undoing = batch[0].undo, body = JSON.stringify({ gestures: batch.map(({ ids, axis, value }) => ({ ids, axis, value })) });
  return fetch(undoing ? '/undo/' : '/decide/', {
    method: 'POST',
    keepalive: true,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf]').content },
    body: undoing ? '' : body,
  });
}
// After an undo the server says how things stand; what was decided since on this page stays as painted.
async function settle(batch, answer) {
  if (!batch[0].undo) return;
  const waiting = new Set(queue.slice(1).flatMap(gesture => gesture.ids ?? []));
  for (const photo of answer.photos) {
    const cell = cellOf(photo.id);
    if (cell && !waiting.has(photo.id)) { paint(cell, 'decision', photo.decision); paint(cell, 'rating', photo.rating); }
  }
  drawCounts();
  document.dispatchEvent(new CustomEvent('gallery:painted'));
  if (!batch[0].known) say(answer.photos.length ? [gettext('Undone.'), decidedWords()].join(' ').trim() : gettext('Nothing to undo.'));
}
function notSaved() {
  const n = queue.length;
  say(fill(ngettext('%(n)s mark is not saved.', '%(n)s marks are not saved.', n), { n }), [[gettext('Retry'), () => { stuck = false; flush(); }]], true);
}

document.addEventListener('visibilitychange', () => { if (document.hidden) flush(); });
window.addEventListener('pagehide', () => { flush(); });
window.addEventListener('beforeunload', event => { if (stuck && queue.length) event.preventDefault(); });
// What comes after the marks (complete, a filter, another page) must find them saved.
document.addEventListener('click', event => {
  const link = event.target.closest('a[href]');
  if (!link || !queue.length || stuck || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || link.target) return;
  event.preventDefault();
  flush().then(saved => { if (saved) location.assign(link.href); });
});
document.addEventListener('submit', event => {
  if (!queue.length || event.defaultPrevented) return;
  event.preventDefault();
  const { target, submitter } = event;
  flush().then(saved => { if (saved) target.requestSubmit(submitter); });
});
