// A list of pictures under the keys: one Tab stop, arrows as seen on screen, selection, marks.
import { cells, decide, drawCounts, flush, redo, undo } from './marks.js';
import { bind, wantsGoOn } from './keys.js';
import * as large from './large.js';
import { fill, gettext } from './text.js';

const items = () => [...document.querySelectorAll('[data-list] .item')];
const link = item => item.querySelector('a');
const sheet = document.querySelector('[data-session]'), form = document.querySelector('.list-form');
const live = !document.querySelector('[data-trash]');          // what lies in the trash is not marked, only selected
let current = null;

// --- one Tab stop -----------------------------------------------------------

function adopt() {
  for (const item of items()) if (item !== current) { link(item).tabIndex = -1; const box = item.querySelector('.check input'); if (box) box.tabIndex = -1; }
  if (!current?.isConnected) current = document.getElementById(current?.id ?? '') ?? firstUndecided() ?? items()[0] ?? null;
  if (current) link(current).tabIndex = 0;
}
function firstUndecided() {
  return sheet ? items().find(item => item.dataset.decision === '0') : null;
}
export function focus(item, options) {
  if (!item) return;
  if (current && current !== item) link(current).tabIndex = -1;
  current = item;
  link(item).tabIndex = 0;
  link(item).focus(options);
}
document.addEventListener('focusin', event => {
  const item = event.target.closest?.('[data-list] .item');
  if (item && item !== current) { if (current) link(current).tabIndex = -1; current = item; link(item).tabIndex = 0; }
});

// --- moving -----------------------------------------------------------------

const step = (item, by) => { const all = items(); return all[Math.min(all.length - 1, Math.max(0, all.indexOf(item) + by))]; };
// The item above or below, nearest to the middle of this one. Looks only as far as the next row.
function vertical(item, by) {
  const all = items(), box = link(item).getBoundingClientRect(), middle = box.left + box.width / 2;
  let best = null, distance = Infinity, row = null;
  for (let i = all.indexOf(item) + by; all[i]; i += by) {
    const other = link(all[i]).getBoundingClientRect();
    if (by > 0 ? other.top < box.bottom - 1 : other.bottom > box.top + 1) continue;
    row ??= other;
    if (by > 0 ? other.top >= row.bottom : other.bottom <= row.top) break;
    const off = Math.abs(other.left + other.width / 2 - middle);
    if (off < distance) [best, distance] = [all[i], off];
  }
  return best ?? item;
}

// --- marking ----------------------------------------------------------------

const inList = () => Boolean(document.activeElement?.closest('[data-list]'));
const box = cell => cell.querySelector('.check input');
const selected = () => [...document.querySelectorAll('[data-photo] .check input:checked')].map(input => input.closest('[data-photo]'));
function targets() {
  if (large.isOpen()) return [large.shown()].filter(Boolean);
  const many = selected();
  return many.length ? many : current?.matches('[data-photo]') ? [current] : [];
}
function after(cell) {
  const all = cells(), wanted = { undecided: '0', picks: '1', rejects: '2', round: '1' }[sheet?.dataset.show];
  const rest = all.slice(all.indexOf(cell) + 1);
  return (wanted ? rest.find(one => one.dataset.decision === wanted && !(sheet.dataset.keep && one.dataset.kept === '1')) : rest[0]) ?? cell;
}
function goOn(cell) {
  const to = after(cell);
  if (to === cell && over(1)) return;
  if (large.isOpen()) large.show(to); else focus(to);
}
// Over the edge of a page, where a sheet has several.
function over(by) {
  const edge = document.querySelector(`.ranges a[rel=${by > 0 ? 'next' : 'prev'}]`), seen = large.isOpen();
  if (!edge) return false;
  try { sessionStorage.setItem('over', JSON.stringify({ by, seen })); } catch { /* at its beginning, then */ }
  flush().then(() => (seen ? location.replace(edge.href) : location.assign(edge.href)));
  return true;
}
const go = by => {
  if (large.isOpen()) return large.step(by) || over(by);
  const to = step(current, by);
  return (to !== current || !over(by)) && focus(to);
};
const pressBar = verb => form.requestSubmit(form.querySelector(`.bulk [value="${CSS.escape(verb)}"]`));
const keeps = (chosen, axis, value) => axis === 'decision' && value === 1 && sheet?.dataset.keep && chosen.every(cell => cell.dataset.decision === '1');
function give(chosen, axis, value, reason) {
  if (keeps(chosen, axis, value)) import('./round.js').then(({ keep }) => keep(chosen)); else decide(chosen, axis, value, reason);
}
// What a button says is pressed once more: taken back.
const pressed = (cell, axis, value) => (cell?.dataset[axis] === String(value) && !keeps([cell], axis, value) ? 0 : value);
function mark(axis, value, event, reason) {
  const chosen = targets();
  if (whole() && !large.isOpen()) { pressBar(reason ? `reason:${reason}` : axis === 'decision' ? ['clear', 'pick', 'reject'][value] : `${axis === 'label' ? axis : 'rate'}:${value}`); return; }
  if (!chosen.length) return;
  give(chosen, axis, value, reason);
  if (chosen.length > 1 || (axis === 'decision' && value === 0 && !event?.shiftKey) || !wantsGoOn(large.isOpen(), event)) return;
  goOn(chosen[0]);
}
const label = (value, event) => mark('label', targets().every(cell => cell.dataset.label === String(value)) ? 0 : value, event);
// To the trash, and on to the next image.
async function toTrash() {
  const seen = large.isOpen();
  if (!targets().length) return;
  if (whole() && !seen) { pressBar('trash'); return; }
  const { trash } = await bulk(), chosen = targets(), all = cells();
  const rest = all.slice(all.indexOf(chosen.at(-1)) + 1).find(cell => !chosen.includes(cell)) ?? all.findLast(cell => !chosen.includes(cell));
  select(chosen, false);
  if (seen && !rest) large.close();
  trash(chosen, cell => (large.isOpen() ? large.show(cell) : focus(cell)));
  if (seen && rest) large.show(rest); else if (!seen) focus(rest);
}
const rating = () => +(targets()[0]?.dataset.rating ?? 0);
let selecting = false;           // asked for by the button that touch screens have
function drawSelection() {
  const n = selected().length;
  if (n) bulk();
  document.documentElement.classList.toggle('ticked', n > 0);
  document.documentElement.classList.toggle('selecting', selecting || n > 0);
  document.querySelector('[data-do=selecting]')?.setAttribute('aria-pressed', selecting || n > 0);
  const every = document.querySelector('[data-do=whole]'), all = n > 0 && n === cells().length, count = every?.dataset.count;
  if (!all && whole()) form.elements.whole.checked = false;
  every?.toggleAttribute('hidden', !all || whole() || count === String(n));
  for (const out of document.querySelectorAll('[data-f=selected]')) out.textContent = whole() ? fill(gettext('All %(n)s selected'), { n: count }) : fill(gettext('%(n)s selected'), { n });
}
const whole = () => Boolean(form?.elements.whole?.checked);      // all that the list shows, not of this page alone
function select(all, on) {
  for (const cell of all) { const input = box(cell); if (input) input.checked = on; }
  drawSelection();
}

const bulk = () => import('./bulk.js');           // what is done to many, when the first is selected or thrown away
const together = (kind, given) => import('./together.js').then(({ go }) => go(kind, given));
const ready = () => large.isOpen() || inList();
const vary = chosen => chosen.length && import('./vary.js').then(({ vary: ask }) => ask(chosen, sheet));
const onGrid = () => !large.isOpen() && inList();
const marking = {
  pick: { when: ready, run: event => mark('decision', 1, event) },
  reject: { when: ready, run: event => mark('decision', 2, event) },
  clear: { when: ready, run: event => mark('decision', 0, event) },
  toggle: { when: ready, run: event => mark('decision', targets().every(cell => cell.dataset.decision === '1') ? 0 : 1, event) },
  rate: { when: ready, run: (event, stars) => mark('rating', stars, event) },
  label: { when: ready, run: (event, value) => label(value, event) },
  reason: { when: ready, run: (event, why) => mark('decision', 2, event, why) },
  less: { when: ready, run: () => decide(targets(), 'rating', Math.max(0, rating() - 1)) },
  more: { when: ready, run: () => decide(targets(), 'rating', Math.min(5, rating() + 1)) },
  trash: { when: ready, run: toTrash },
  open: { when: () => onGrid() && current?.matches('[data-photo]'), run: () => large.open(current) },
  close: { when: () => large.isOpen(), run: () => large.close() },
  info: { when: () => large.isOpen(), run: () => large.toggleInfo() },
  zoom: { when: () => large.isOpen(), run: () => large.toggleZoom() },
  full: { when: () => large.isOpen(), run: () => large.toggleFull() },
  lights: { when: () => large.isOpen(), run: () => large.nextLight() },
  peek: { when: () => large.isOpen() || (onGrid() && current?.matches('[data-photo]')), run: event => large.peek(current, event) },
  compare: { when: ready, run: () => together('compare') },
  survey: { when: ready, run: () => together('survey') },
};
bind({
  ...(live && marking),
  undo: { run: () => undo() },
  redo: { run: () => redo() },
  next: { when: ready, run: () => go(1) },
  previous: { when: ready, run: () => go(-1) },
  down: { when: onGrid, run: () => { const to = vertical(current, 1); if (to !== current || !over(1)) focus(to); } },
  up: { when: onGrid, run: () => { const to = vertical(current, -1); if (to !== current || !over(-1)) focus(to); } },
  first: { when: ready, run: () => (large.isOpen() ? large.show(cells()[0]) : focus(items()[0])) },
  last: { when: ready, run: () => (large.isOpen() ? large.show(cells().at(-1)) : focus(items().at(-1))) },
  select: { when: onGrid, run: () => current?.matches('[data-photo]') && select([current], !box(current).checked) },
  selectAll: { when: onGrid, run: () => select(cells(), true) },
  deselect: { when: () => !large.isOpen() && selected().length > 0, run: () => select(cells(), false) },
});
if (live && sheet?.dataset.vary) bind({ vary: { when: ready, run: () => (whole() && !large.isOpen() ? pressBar('vary') : vary(targets())) } });
large.setUp({ cells, focus, varies: Boolean(sheet?.dataset.vary), over });
large.learnSoon();

// --- pointer ----------------------------------------------------------------

document.addEventListener('click', event => {
  const opener = live && event.target.closest('[data-photo] > a');
  if (opener && !opener.closest('.strip') && !(event.metaKey || event.ctrlKey || event.shiftKey || event.button)) {
    event.preventDefault();
    if (event.altKey) { together('compare', [current, opener.parentElement]); return; }
    if (document.documentElement.classList.contains('selecting') && matchMedia('(hover: none)').matches) { const cell = opener.parentElement; select([cell], !box(cell).checked); return; }
    large.open(opener.parentElement);
    return;
  }
  const button = event.target.closest('[data-do]');
  if (!button) return;
  const cell = button.closest('[data-photo]'), axis = /^[0-5]$/.test(button.dataset.do) ? 'rating' : 'decision';
  const value = axis === 'rating' ? +button.dataset.do : { pick: 1, reject: 2, clear: 0 }[button.dataset.do];
  if (button.dataset.do === 'deselect') { selecting = false; select(cells(), false); focus(current); }
  else if (button.dataset.do === 'whole') { form.elements.whole.checked = true; drawSelection(); }
  else if (button.dataset.do === 'trash' && large.isOpen()) toTrash();
  else if (button.dataset.do === 'vary' && large.isOpen()) vary(targets());
  else if (button.dataset.do === 'label' || button.dataset.do === 'reason') { button.closest('[popover]')?.hidePopover(); if (button.dataset.do === 'label') label(+button.dataset.value, event); else mark('decision', 2, event, button.dataset.value); }
  else if (button.dataset.do === 'undo' || button.dataset.do === 'redo') { event.preventDefault(); if (button.dataset.do === 'undo') undo(); else redo(); }
  else if (button.dataset.do === 'selecting') { selecting = !document.documentElement.classList.contains('selecting'); select(selecting ? [] : cells(), false); }
  else if (value !== undefined && cell) { give([cell], axis, pressed(cell, axis, value)); focus(cell, { preventScroll: true }); }
  else if (value !== undefined && large.isOpen()) mark(axis, pressed(large.shown(), axis, value), event);
});
document.addEventListener('mousedown', event => { if (event.altKey && event.target.closest('[data-photo] > a')) event.preventDefault(); });     // what has the focus is compared with it
document.addEventListener('change', event => { if (event.target.matches('.check input')) drawSelection(); });
form?.addEventListener('submit', event => {
  const verb = event.submitter?.value ?? '', chosen = selected();
  if (!chosen.length || whole() || !live) return;
  const words = /^(tag|untag|album|new_album|enter)$/.test(verb), marks = /^(pick|reject|clear|(rate|label):\d|reason:.*)$/.test(verb);
  if (!words && !marks && !['trash', 'vary'].includes(verb)) return;       // the form does it
  event.preventDefault();
  form.querySelector('[popover]:popover-open')?.hidePopover();
  if (words) bulk().then(({ sendSelected }) => sendSelected(form, event.submitter));
  else if (verb === 'trash') toTrash();
  else if (verb === 'vary') vary(chosen);
  else if (/^(rate|label):/.test(verb)) decide(chosen, verb[0] === 'r' ? 'rating' : 'label', +verb.at(-1));
  else if (verb.startsWith('reason:')) decide(chosen, 'decision', 2, verb.slice(7));
  else give(chosen, 'decision', { pick: 1, reject: 2, clear: 0 }[verb]);
});
// A long press selects, where there is no pointer that hovers.
let press;
document.addEventListener('pointerdown', event => {
  const cell = event.pointerType === 'touch' && event.target.closest('[data-photo] > a')?.parentElement;
  if (cell && !cell.closest('.strip')) press = setTimeout(() => { press = null; select([cell], true); addEventListener('click', stop => { stop.preventDefault(); stop.stopPropagation(); }, { capture: true, once: true }); }, 500);
});
for (const name of ['pointerup', 'pointercancel', 'pointermove']) document.addEventListener(name, event => { if (name !== 'pointermove' || Math.hypot(event.movementX, event.movementY) > 4) clearTimeout(press); });
document.addEventListener('contextmenu', event => { if (press === null && event.target.closest('[data-photo] > a')) event.preventDefault(); });

// --- beginning --------------------------------------------------------------

function cameOver() {
  try { const said = sessionStorage.getItem('over'); sessionStorage.removeItem('over'); return items().length ? JSON.parse(said) : null; } catch { return null; }
}
adopt();
new MutationObserver(records => {
  if (!records.some(({ addedNodes, removedNodes }) => [...addedNodes, ...removedNodes].some(node => node.nodeType === 1))) return;      // words of a mark, no images
  adopt();
  large.learnSoon();
  if (whole() && cells().some(cell => !box(cell).checked)) select(cells(), true);      // older ones arrived
}).observe(form ?? document.body, { childList: true, subtree: true });
document.addEventListener('gallery:start', () => { if (document.activeElement === document.body) focus(firstUndecided() ?? items()[0], { focusVisible: true }); });
const wanted = location.hash ? document.getElementById(location.hash.slice(1)) : null;
const kept = !location.hash && document.getElementById(sheet?.dataset.at), came = cameOver();
if (wanted?.matches('.item')) {
  focus(wanted, { focusVisible: true });
  addEventListener('load', () => setTimeout(() => { if (document.activeElement === document.body) focus(wanted, { preventScroll: true, focusVisible: true }); }));      // the browser, come to the fragment, takes it away
}
else if (came) { focus(items().at(came.by > 0 ? 0 : -1), { focusVisible: true }); if (came.seen) large.open(current); }
else if (kept) { kept.scrollIntoView({ block: 'center' }); focus(kept, { preventScroll: true, focusVisible: true }); }
else if (sheet && items().length && document.getElementById('live')?.dataset.generating !== '1' && document.activeElement === document.body) focus(current, { preventScroll: true, focusVisible: true });
drawSelection();
drawCounts();
addEventListener('pageshow', event => { if (event.persisted) flush(); });
