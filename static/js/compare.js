// Images beside each other: one zoom for all of them, one that takes the marks, two laid over each other.
import { act, bind } from './keys.js';
import { decide, flush, redo, remember, undo } from './marks.js';
import { say, undoAction } from './status.js';
import { fill, gettext } from './text.js';

const root = document.querySelector('.together'), panes = root.querySelector('.panes'), comparing = root.dataset.view === 'compare';
const $ = name => root.querySelector(name), all = () => [...panes.children];
const view = pane => pane.querySelector('.view'), picture = pane => pane.querySelector('img');
const still = matchMedia('(prefers-reduced-motion: reduce)'), BLINK_MS = 700, WAIT_MS = 150;
let active = panes.firstElementChild, mode = 'side', blinking = 0, front = 0;

// --- the one that takes the marks -------------------------------------------

function choose(pane, focus) {
  if (!pane) return;
  active = pane;
  for (const one of all()) if (one === pane) view(one).setAttribute('aria-current', 'true'); else view(one).removeAttribute('aria-current');
  if (mode === 'blink') bring(all().indexOf(pane));
  if (focus) view(pane).focus({ preventScroll: true });
  draw();
}
function draw() {
  const list = all(), { decision, rating } = active.dataset, zoom = stateOf(active), per = zoom.scale * fitted(active).width * devicePixelRatio / active.dataset.full;
  list.forEach((pane, i) => { pane.querySelector('.no').textContent = i + 1; pane.querySelector('.lab').dataset.value = pane.dataset.label; });
  $('[data-f=which]').textContent = list.indexOf(active) + 1;
  $('[data-f=zoom]').textContent = zoom.scale > 1 ? `${Math.round(per * 100)} %` : gettext('Fit');
  for (const button of root.querySelectorAll('.together-foot [data-do]')) {
    const does = button.dataset.do, star = does > 0, value = { pick: '1', reject: '2', clear: '0' }[does];
    if (star || value) button.setAttribute('aria-pressed', star ? does === rating : value === decision);
    if (star) button.classList.toggle('lit', +does <= +rating);
  }
  for (const button of root.querySelectorAll('.under [name=decision]')) button.setAttribute('aria-pressed', button.closest('.pane').dataset.decision === button.value);
  for (const button of root.querySelectorAll('[data-for=two] button')) button.setAttribute('aria-pressed', button.dataset.do === mode);
  $('[data-do=zoom]').setAttribute('aria-pressed', zoom.scale > 1);
  $('[data-do=lock]').setAttribute('aria-pressed', !own.has(active));
  $('[data-do=drop]').hidden = list.length < 2;
  $('[data-do=blinking]').setAttribute('aria-pressed', blinking > 0);
  for (const part of root.querySelectorAll('[data-for]')) part.hidden = part.dataset.for === 'two' ? list.length !== 2 : part.dataset.for !== mode;
  root.classList.toggle('zoomed', list.some(pane => stateOf(pane).scale > 1));
}

// --- zoom: in units of the image, so that different sizes stay matched ------

const shared = { scale: 1, x: .5, y: .5 }, own = new Map();     // own: of panes that were freed
const stateOf = pane => own.get(pane) ?? shared;
function fitted(pane) {
  const { clientWidth: across, clientHeight: down } = view(pane), ratio = +pane.style.getPropertyValue('--r'), width = Math.min(across, down * ratio);
  return { across, down, width, height: width / ratio };
}
const whole = pane => Math.max(1, pane.dataset.full / (fitted(pane).width * devicePixelRatio));     // the scale of 100 %
const bounded = (pane, scale) => Math.min(Math.max(4, 8 * whole(pane)), Math.max(1, scale));
function set(pane, scale, x, y) {
  const state = stateOf(pane), together = own.has(pane) ? [pane] : all().filter(one => !own.has(one)), sizes = together.map(fitted);
  const within = (at, side, outer) => { const half = Math.min(.5, ...sizes.map(one => one[outer] / (2 * one[side] * state.scale))); return Math.min(1 - half, Math.max(half, at)); };
  state.scale = bounded(pane, scale);
  state.x = within(x, 'width', 'across');
  state.y = within(y, 'height', 'down');
  for (const one of together) for (const name of ['scale', 'x', 'y']) picture(one).style.setProperty(`--${name[0]}`, state[name]);
  draw();
  clearTimeout(set.later);
  set.later = setTimeout(() => all().forEach(sharpen), WAIT_MS);
}
function settle() { const { scale, x, y } = stateOf(active); set(active, scale, x, y); }
// By a factor, with the point at (left, top) of the view standing still.
function zoomBy(pane, factor, left, top) {
  const state = stateOf(pane), { across, down, width, height } = fitted(pane), before = state.scale;
  const scale = bounded(pane, before * factor), dx = (left ?? across / 2) - across / 2, dy = (top ?? down / 2) - down / 2;
  const by = 1 / before - 1 / scale;
  set(pane, scale, state.x + dx / width * by, state.y + dy / height * by);
}
function pan(pane, dx, dy) {
  const state = stateOf(pane), { width, height } = fitted(pane);
  set(pane, state.scale, state.x - dx / (width * state.scale), state.y - dy / (height * state.scale));
}
function toggleZoom(pane, left, top) {
  const { scale } = stateOf(pane), wanted = whole(pane);
  zoomBy(pane, scale > 1.01 ? 1 / scale : wanted > 1.05 ? wanted : 2, left, top);
}
// Loaded larger where it is looked at larger: the original last.
function sharpen(pane) {
  const steps = pane.dataset.steps.split(' '), need = fitted(pane).width * stateOf(pane).scale * devicePixelRatio;
  let at = 0;
  while (at + 2 < steps.length && +steps[at] < need) at += 2;
  if (at <= (pane.loaded ?? 0)) return;
  pane.loaded = at;
  const image = new Image();
  image.src = steps[at + 1];
  image.decode().then(() => { if (pane.loaded === at) picture(pane).src = image.src; }, () => {});
}
function toggleLock() {
  if (own.has(active)) own.delete(active); else own.set(active, { ...shared });
  settle();
  say(own.has(active) ? gettext('This one zooms by itself.') : gettext('One zoom for all.'));
}

// --- two over each other ----------------------------------------------------

const cut = $('#cut');
function show(wanted) {
  if (!comparing || all().length !== 2) wanted = 'side';
  mode = panes.dataset.mode = wanted;
  front = 0;
  blink(wanted === 'blink' && !still.matches);
  if (wanted === 'blink') bring(0);
  slide();
  settle();
  tell();
}
function slide() {
  panes.style.setProperty('--cut', cut?.value ?? 50);
  cut?.setAttribute('aria-valuetext', fill(gettext('%(n)s % left image'), { n: cut.value }));
}
function bring(at) { front = at; all().forEach((pane, i) => pane.classList.toggle('behind', mode === 'blink' && i !== at)); }
function blink(on) {
  clearInterval(blinking);
  blinking = on ? setInterval(() => { bring(1 - front); choose(all()[front]); }, BLINK_MS) : 0;
}
function swap() {
  if (mode !== 'blink') { show('blink'); return; }
  blink(false);
  choose(all()[1 - front]);
}

// --- marks ------------------------------------------------------------------

const id = pane => pane.dataset.photo, ids = () => all().map(id);
function address(drop) {
  const query = new URLSearchParams(location.search);
  query.delete('drop');
  query.set('ids', ids().join());
  if (mode === 'side') query.delete('mode'); else query.set('mode', mode);
  if (drop) query.set('drop', drop);
  return `${location.pathname}?${query}`.replaceAll('%2C', ',');
}
function tell() {
  history.replaceState(history.state, '', address());
  $('#other').href = address().replace(location.pathname, comparing ? '/survey/' : '/compare/');
}
async function ask(drop) {
  const answer = await fetch(address(drop), { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}
const renew = async found => document.getElementById('sides')?.replaceWith((found ?? await ask()).getElementById('sides'));
function placed() { quiet(); tell(); show(all().length === 2 ? mode : 'side'); }

// Out of view, and `fresh` in its place; taken back like a mark.
function replace(pane, fresh) {
  const at = all().indexOf(pane);
  own.delete(pane);
  if (fresh) pane.replaceWith(fresh); else pane.remove();
  placed();
  choose(fresh ?? all()[Math.min(at, all().length - 1)], true);
  return () => { if (fresh) fresh.replaceWith(pane); else panes.insertBefore(pane, panes.children[at] ?? null); placed(); choose(pane, true); renew().catch(() => {}); };
}
function drop(pane) {
  if (all().length < 2) return;
  const putBack = replace(pane);
  remember(putBack);
  say(gettext('Taken out of view. Its marks stay as they are.'), [undoAction(undo)]);
  renew().catch(() => {});
}
async function mark(axis, value, pane = active) {
  blink(false);
  decide([pane], axis, value);
  draw();
  if (!comparing || axis !== 'decision' || value !== 2) return;
  const before = ids();
  try {
    await flush();
    const found = await ask(id(pane)), fresh = [...found.querySelectorAll('.pane')].find(one => !before.includes(id(one)));
    if (fresh || all().length > 1) {
      const putBack = replace(pane, fresh);
      remember(() => { putBack(); undo(); });
      renew(found);
    }
    say(fresh ? gettext('Rejected; the next one came.') : gettext('Rejected. No undecided image is left beside it.'), [undoAction(undo)]);
  } catch { /* it stays, rejected */ }
}
// Tab goes from image to image; the bar at the foot has the rest.
function quiet() { for (const part of panes.querySelectorAll('.under :is(a, button)')) part.tabIndex = -1; }

// --- hands ------------------------------------------------------------------

const down = new Map();
let moved = 0, dragged = null;
const at = (pane, event) => { const box = view(pane).getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
const nearCut = event => { const box = panes.getBoundingClientRect(); return mode === 'slider' && Math.abs((event.clientX - box.left) / box.width - cut.value / 100) * box.width < 24; };
panes.addEventListener('pointerdown', event => {
  const pane = event.target.closest('.view')?.parentElement;
  if (!pane || event.button) return;
  if (nearCut(event)) dragged = 'cut'; else { dragged = pane; choose(pane); }
  moved = 0;
  down.set(event.pointerId, event);
  panes.setPointerCapture(event.pointerId);
});
panes.addEventListener('pointermove', event => {
  const before = down.get(event.pointerId);
  if (!before) return;
  down.set(event.pointerId, event);
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  moved += Math.abs(dx) + Math.abs(dy);
  if (dragged === 'cut') { const box = panes.getBoundingClientRect(); cut.value = (event.clientX - box.left) / box.width * 100; slide(); return; }
  if (down.size === 1) { if (stateOf(dragged).scale > 1) pan(dragged, dx, dy); return; }
  const other = [...down].find(([id]) => id !== event.pointerId)[1], far = one => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  const [x, y] = at(dragged, event), [ox, oy] = at(dragged, other);
  zoomBy(dragged, far(event) / Math.max(1, far(before)), (x + ox) / 2, (y + oy) / 2);
});
panes.addEventListener('lostpointercapture', event => down.delete(event.pointerId));
panes.addEventListener('dblclick', event => { const pane = event.target.closest('.pane') ?? active; if (!event.target.closest('.under') && moved < 6) toggleZoom(active === pane ? pane : active, ...at(active, event)); });
panes.addEventListener('wheel', event => {
  const pane = event.target.closest('.view')?.parentElement, smaller = event.deltaY > 0;
  if (!pane || (smaller && stateOf(pane).scale <= 1 && !event.ctrlKey)) return;       // the page scrolls on, to what differs
  event.preventDefault();
  zoomBy(pane, Math.exp(-event.deltaY * (event.ctrlKey ? .01 : .002)), ...at(pane, event));
}, { passive: false });
panes.addEventListener('focusin', event => { const pane = event.target.closest('.pane'); if (pane && pane !== active) choose(pane); });
cut?.addEventListener('input', slide);
root.addEventListener('click', event => {
  const button = event.target.closest('button, .out'), does = button?.dataset.do, pane = button?.closest('.pane');
  if (pane && button.matches('.out')) { event.preventDefault(); drop(pane); return; }
  if (pane && button.name === 'decision') { event.preventDefault(); choose(pane); mark('decision', +button.value === +pane.dataset.decision ? 0 : +button.value, pane); return; }
  if (does > 0) { mark('rating', does === active.dataset.rating ? 0 : +does); return; }
  ({ side: () => show('side'), slider: () => show('slider'), blink: () => show('blink'), blinking: () => { blink(!blinking); draw(); } }[does] ?? (does && (() => act(does))))?.();
});
// Back to a frame of its sheet by the link; to a list that grew meanwhile as the browser kept it.
$('#back').addEventListener('click', event => {
  const [wanted, came] = [event.currentTarget.href, document.referrer].map(one => one.split('#')[0]);
  if (wanted === came && !/#f\d+$/.test(event.currentTarget.href) && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); flush().then(() => history.back()); }
});

// --- keys -------------------------------------------------------------------

const zoomed = () => stateOf(active).scale > 1, STEP = 60, next = by => () => choose(all()[(all().indexOf(active) + by + all().length) % all().length], true);
const sliding = () => document.activeElement === cut, arrow = (dx, dy, otherwise) => ({ when: () => !sliding() && Boolean(otherwise ?? zoomed()), run: () => (zoomed() ? pan(active, dx, dy) : otherwise()) });
const alone = on => { root.classList.toggle('alone', on); settle(); };
bind({
  ...Object.fromEntries(['clear', 'pick', 'reject'].map((does, value) => [does, { run: () => mark('decision', value) }])),
  toggle: { run: () => mark('decision', active.dataset.decision === '1' ? 0 : 1) },
  rate: { run: (event, stars) => mark('rating', stars) },
  less: { run: () => mark('rating', Math.max(0, active.dataset.rating - 1)) },
  more: { run: () => mark('rating', Math.min(5, +active.dataset.rating + 1)) },
  label: { run: (event, value) => mark('label', +active.dataset.label === value ? 0 : value) },
  undo: { run: () => undo() },
  redo: { run: () => redo() },
  next: arrow(-STEP, 0, next(1)),
  previous: arrow(STEP, 0, next(-1)),
  down: arrow(0, -STEP),
  up: arrow(0, STEP),
  zoom: { run: () => toggleZoom(active) },
  in: { run: () => zoomBy(active, 1.5) },
  out: { run: () => zoomBy(active, 1 / 1.5) },
  lock: { run: toggleLock },
  drop: { run: () => drop(active) },
  open: { when: () => mode === 'side', run: () => alone(!root.classList.contains('alone')) },
  leave: { run: () => (root.classList.contains('alone') ? alone(false) : $('#back').click()) },
  ...(comparing ? { slider: { when: () => all().length === 2, run: () => show(mode === 'slider' ? 'side' : 'slider') }, blink: { when: () => all().length === 2, run: swap }, survey: { run: () => $('#other').click() } } : { compare: { run: () => $('#other').click() } }),
});
document.addEventListener('gallery:painted', draw);
addEventListener('resize', settle);
quiet();
show(panes.dataset.wanted);
choose(active, document.activeElement === document.body);
