// Decisions, stars, labels: painted at once, sent in order, taken back and done again one gesture at a time.
import { say, undoAction } from './status.js';
import { fill, gettext, ngettext } from './text.js';

const BATCH = 20, TRIES = 3, PATIENCE_MS = 15000, SLOW_MS = 5000, AGAIN_MS = 15000, REMEMBERED = 500;
const queue = [];                    // gestures that are not saved yet, oldest first
const past = [], undone = [];        // made on this page, and taken back on it; of older ones the server knows
let sending = null, flying = 0, stuck = false, underway = 0, again;

export const cells = () => [...document.querySelectorAll('[data-photo]')];
export const cellOf = id => document.querySelector(`[data-photo="${id}"]`);
const sheet = document.querySelector('[data-session]');
const LABELS = [gettext('No label'), gettext('Red label'), gettext('Yellow label'), gettext('Green label'), gettext('Blue label'), gettext('Purple label')];
// What a page calls a gesture, so that one sent twice is done once. (randomUUID is there with HTTPS alone.)
const name = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

// --- painting ---------------------------------------------------------------

function words({ dataset: { decision, rating, label, reason } }) {
  const said = ({ 1: gettext(', picked'), 2: gettext(', rejected') }[decision] ?? '') + (reason ? `: ${reason}` : '');
  return said + (+rating ? fill(ngettext(', %(n)s star', ', %(n)s stars', +rating), { n: rating }) : '') + (+label ? `, ${LABELS[label].toLowerCase()}` : '');
}
function paint(cell, axis, value, reason = cell.dataset.reason ?? '') {
  const { dataset } = cell, before = +dataset[axis], why = dataset.reason ?? '', now = axis !== 'decision' ? why : value === 2 ? reason : '';
  if (before === value && why === now) return;
  if (axis === 'decision') { count(cell, before, value); countReasons(why, now); dataset.reason = now; }
  dataset[axis] = value;
  const state = cell.querySelector('[data-f=state]'), stars = cell.querySelector('[data-f=stars]');
  if (state) state.textContent = words(cell);
  if (stars && axis === 'rating') stars.textContent = value;
}
// "12 rejected: 5 hands, 4 text", of the whole sheet, also where a page shows a part of it.
const reasons = document.querySelector('[data-reasons]'), counts = new Map(JSON.parse(reasons?.dataset.reasons ?? '[]'));
function countReasons(before, now) {
  if (before === now) return;
  if (before) counts.set(before, (counts.get(before) ?? 0) - 1);
  if (now) counts.set(now, (counts.get(now) ?? 0) + 1);
}
function drawReasons() {
  if (!reasons) return;
  const listed = [...counts].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]), n = +sheet.dataset.rejected;
  reasons.hidden = !listed.length;
  reasons.textContent = fill(ngettext('%(n)s rejected:', '%(n)s rejected:', n), { n }) + ' ' + listed.map(([why, times]) => `${times} ${why}`).join(', ');
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
  const decided = picked + rejected, shown = { all: made, undecided: made - decided, picks: picked, rejects: rejected };
  for (const el of document.querySelectorAll('[data-n], [data-f=decided], [data-f=decided-copy]')) {
    const now = String(el.dataset.n ? shown[el.dataset.n] ?? el.textContent : decidedWords());
    if (el.textContent !== now) el.textContent = now;
  }
  drawReasons();
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

const stands = (cell, { axis, value, reason }) => +cell.dataset[axis] === value && (reason === undefined || (cell.dataset.reason ?? '') === reason);
// One gesture: the same mark for one cell or many; a reject may say why. Returns the cells that changed.
export function decide(chosen, axis, value, reason) {
  const changed = chosen.filter(cell => !stands(cell, { axis, value, reason }));
  if (changed.length) {
    const old = changed.map(cell => [+cell.dataset[axis], cell.dataset.reason ?? '']);
    const gesture = { batch: name(), axis, value, reason, ids: changed.map(cell => +cell.dataset.photo), old };
    changed.forEach(cell => paint(cell, axis, value, reason ?? ''));
    keep(gesture);
    push(gesture);
  }
  announce(chosen, axis, value, reason);
  document.dispatchEvent(new CustomEvent('gallery:painted'));
  return changed;
}
function keep(gesture) {
  past.push(gesture);
  if (past.length > REMEMBERED) past.shift();
  undone.length = 0;
}
function verb({ axis, value, reason }) {
  if (axis === 'rating') return value ? fill(ngettext('%(n)s star', '%(n)s stars', value), { n: value }) : gettext('No stars');
  if (axis === 'label') return LABELS[value];
  return [gettext('Undecided'), gettext('Picked'), gettext('Rejected')][value] + (reason ? `: ${reason}` : '');
}
const images = n => fill(ngettext('%(n)s image', '%(n)s images', n), { n });
function announce(chosen, axis, value, reason) {
  const one = chosen.length === 1, what = one ? chosen[0].dataset.name ?? '' : images(chosen.length);
  const { made, picked, rejected } = sheet?.dataset ?? {};
  const all = sheet && +made && +picked + +rejected === +made && axis === 'decision' && document.getElementById('live')?.dataset.generating !== '1';
  const tail = all
    ? fill(ngettext('All %(made)s decided: %(n)s pick', 'All %(made)s decided: %(n)s picks', +picked), { made, n: picked })
    : decidedWords();
  say(`${[verb({ axis, value }), what].filter(Boolean).join(axis === 'decision' ? ' ' : ': ')}${reason ? `: ${reason}` : ''}.${tail ? ` ${tail}` : ''}`, [undoAction(undo)]);
  if (stuck) notSaved();
}

// A gesture that is not a mark: how it is taken back is its own matter.
export const remember = takeBack => keep({ takeBack });

const redoAction = () => [gettext('Redo'), redo];
function turned(gesture, forth) {
  gesture.ids.forEach((id, i) => {
    const cell = cellOf(id), [value, reason] = gesture.old[i], other = { axis: gesture.axis, value, reason: gesture.axis === 'decision' ? reason : undefined };
    const from = forth ? other : gesture, to = forth ? gesture : other;
    if (cell && stands(cell, from)) paint(cell, gesture.axis, to.value, to.reason ?? '');
  });
  document.dispatchEvent(new CustomEvent('gallery:painted', { detail: gesture.ids[0] }));
  const said = fill(forth ? gettext('Done again: %(what)s.') : gettext('Undone: %(what)s.'), { what: verb(gesture).toLowerCase() + (gesture.ids.length > 1 ? `, ${images(gesture.ids.length)}` : '') });
  say([said, decidedWords()].join(' ').trim(), [forth ? undoAction(undo) : redoAction()]);
}
export function undo() {
  const gesture = past.pop(), said = document.querySelector('#status form');
  if (gesture?.takeBack) { gesture.takeBack(); return; }
  if (!gesture && said) { said.requestSubmit(); return; }       // done before this page, and offered on it
  if (gesture) { undone.push(gesture); turned(gesture, false); }
  push({ turn: 'undo', batch: gesture?.batch });
}
export function redo() {
  const gesture = undone.pop();
  if (gesture) { past.push(gesture); turned(gesture, true); }
  push({ turn: 'redo', batch: gesture?.batch });
}

// --- sending ----------------------------------------------------------------

// The first goes at once; what comes while it is on its way goes together, behind it.
function push(gesture) {
  queue.push(gesture);
  tell();
  drawCounts();
  if (!stuck) setTimeout(flush);
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
  clearTimeout(again);
  sending ??= drain().finally(() => { sending = null; });
  return sending;
}
function first() {
  const end = queue.slice(0, BATCH).findIndex(gesture => gesture.turn);
  return queue.slice(0, end === 0 ? 1 : end > 0 ? end : BATCH);
}
async function drain() {
  while (queue.length) {
    const batch = first();
    flying = batch.length;
    const trouble = await delivered(batch);
    if (trouble) { stuck = trouble; notSaved(); again = setTimeout(flush, AGAIN_MS); return false; }
    if (stuck) { stuck = false; say(gettext('Saved.')); }
    queue.splice(0, batch.length);
    tell();
  }
  return true;
}
// What went wrong, null where nothing did: "out" where nobody is signed in any more, else "down".
async function delivered(batch) {
  const slow = setTimeout(() => say(gettext('Saving takes long …')), SLOW_MS);
  try {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (attempt > 1) await new Promise(done => setTimeout(done, 600 * 3 ** (attempt - 2)));
      try {
        const answer = await post(batch);
        if (answer.ok && answer.headers.get('Content-Type')?.includes('json')) { settle(batch, await answer.json()); return null; }
        if (answer.redirected) return 'out';
        if (answer.status === 403 && await freshToken()) continue;                     // signed in anew meanwhile
        if (answer.status === 400 || answer.status === 404) { say(gettext('That was not taken. Reload the page.')); return null; }
      } catch { /* the line is down: try again */ }
    }
    return 'down';
  } finally { clearTimeout(slow); }
}
async function freshToken() {
  const answer = await fetch('/decide/', { headers: { Accept: 'application/json' } });
  if (answer.ok && !answer.redirected) document.querySelector('meta[name=csrf]').content = (await answer.json()).token;
  return true;
}
function post(batch) {
  const { turn } = batch[0], body = turn ? { batch: batch[0].batch } : { gestures: batch.map(({ ids, axis, value, reason, batch: named }) => ({ ids, axis, value, reason, batch: named })) };
  return fetch(turn ? `/${turn}/` : '/decide/', {
    method: 'POST',
    keepalive: true,
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf]').content },
    body: JSON.stringify(body),
  });
}
// After an undo the server says how things stand; what was decided since on this page stays as painted.
function settle([{ turn, batch }], { photos, said }) {
  if (!turn) return;
  const waiting = new Set(queue.slice(1).flatMap(gesture => gesture.ids ?? []));
  for (const { id, decision, reason, rating, label } of photos) {
    const cell = cellOf(id);
    if (!cell || waiting.has(id)) continue;
    paint(cell, 'decision', decision, reason);
    paint(cell, 'rating', rating);
    paint(cell, 'label', label);
  }
  drawCounts();
  document.dispatchEvent(new CustomEvent('gallery:painted', { detail: batch ? undefined : photos[0]?.id }));
  if (!batch) say([said, decidedWords()].join(' ').trim(), photos.length ? [turn === 'undo' ? redoAction() : undoAction(undo)] : []);
}
function notSaved() {
  const n = queue.length, retry = [gettext('Retry'), flush], out = stuck === 'out';
  const what = fill(ngettext('%(n)s mark is not saved.', '%(n)s marks are not saved.', n), { n });
  const signIn = [gettext('Sign in'), () => open(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`)];
  say(out ? `${gettext('You are signed out.')} ${what}` : what, out ? [signIn, retry] : [retry], true);
}

// A page that goes cannot wait for its turn; what arrives twice by that is done once.
function leaving() {
  if (!sending) { flush(); return; }
  const rest = queue.slice(flying, flying + 40).filter(gesture => !gesture.turn);
  if (rest.length) post(rest).catch(() => {});
}
document.addEventListener('visibilitychange', () => { if (document.hidden) leaving(); else if (stuck) flush(); });
window.addEventListener('pagehide', leaving);
window.addEventListener('online', () => { if (stuck) flush(); });
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
