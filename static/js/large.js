// The large view over any list: the thumb at once, the large picture as soon as it is there, the next two ahead.
import { bind, goesOn, setGoesOn } from './keys.js';
import { decidedWords } from './marks.js';
import { moveInto } from './status.js';
import { fill, gettext } from './text.js';

const dialog = document.getElementById('large');
const $ = selector => dialog.querySelector(selector);
const ahead = new Map();        // address -> Image, decoded or on its way
let list = { cells: () => [], focus: () => {} }, current = null, opened = '', title = '';

export const isOpen = () => Boolean(dialog?.open);
export const shown = () => current;
export function setUp(given) { list = given; }

// --- open and close ---------------------------------------------------------

export function open(cell, { push = true } = {}) {
  if (!dialog || !cell) return;
  if (!dialog.open) {
    opened = location.href;
    title = document.title;
    dialog.showModal();
    moveInto(dialog);
    import('./why.js').then(paint);
    if (push) history.pushState({ large: cell.dataset.photo }, '', cell.querySelector('a').href);
    dialog.focus({ preventScroll: true });
  }
  show(cell);
}
export function close() {
  if (!isOpen()) return;
  if (history.state?.large) history.back(); else shut();
}
function shut() {
  if (!isOpen()) return;
  dialog.close();
  moveInto(document.body);
  document.title = title;
  ahead.clear();
  $('figure').replaceChildren();
  const back = current;
  current = null;
  list.focus(back, { preventScroll: false });
}
addEventListener('popstate', event => {
  const cell = event.state?.large && document.querySelector(`[data-photo="${event.state.large}"]`);
  if (cell) open(cell, { push: false }); else shut();
});
dialog?.addEventListener('cancel', event => { if (event.target === dialog) { event.preventDefault(); close(); } });

// --- showing ----------------------------------------------------------------

export function step(by) {
  const all = list.cells(), at = all.indexOf(current) + by;
  if (all[at]) show(all[at]);
  return Boolean(all[at]);
}
// Lists leave the addresses of the large pictures out; they are asked for once the page stands, or is opened earlier.
let asking = null;
function learn(near) {
  const unknown = list.cells().filter(cell => !cell.dataset.large), at = Math.max(0, unknown.indexOf(near) - 10), some = unknown.slice(at, at + 100);
  if (!some.length) return Promise.resolve();
  asking ??= fetch(`/larger/?${new URLSearchParams(some.map(cell => ['id', cell.dataset.photo]))}`).then(answer => answer.json()).then(known => {
    for (const cell of some) [cell.dataset.large, cell.dataset.w] = known[cell.dataset.photo] ?? [cell.querySelector('img').src, 0];
  }).catch(() => {}).finally(() => { asking = null; });
  return asking;
}
export const learnSoon = () => (window.requestIdleCallback ?? setTimeout)(() => { if (dialog) learn(); });
function load(cell) {
  const address = cell?.dataset.large;
  if (!address) return null;
  if (!ahead.has(address)) {
    const image = new Image();
    image.decoding = 'async';
    image.src = address;
    image.ready = image.decode().then(() => { image.dataset.ready = '1'; }, () => {});
    ahead.set(address, image);
  }
  return ahead.get(address);
}
export function show(cell) {
  if (!cell) return;
  current = cell;
  const thumb = cell.querySelector('a > img'), figure = $('figure'), image = load(cell);
  unzoom();
  figure.style.cssText = `--r:${getComputedStyle(cell).getPropertyValue('--r')};--c:${getComputedStyle(cell).getPropertyValue('--c')}`;
  if (!image) learn(cell).then(() => { if (current === cell && cell.dataset.large) show(cell); });
  const put = element => { element.alt = thumb.alt; figure.replaceChildren(element); };
  if (image?.dataset.ready) put(image);
  else {
    const quick = new Image();
    quick.src = thumb.currentSrc || thumb.src;
    put(quick);
    image?.ready.then(() => { if (current === cell) put(image); });
  }
  history.replaceState({ ...history.state, large: history.state?.large && cell.dataset.photo }, '', cell.querySelector('a').href);
  document.dispatchEvent(new CustomEvent('gallery:shown', { detail: cell }));
  paint();
  preload();
  if (!$('#panel').hidden) fetchPanel();
}
function preload() {
  const all = list.cells(), at = all.indexOf(current), near = [0, 1, 2, -1].map(by => all[at + by]).filter(Boolean);
  const wanted = new Set(near.map(cell => cell.dataset.large));
  for (const [address, image] of ahead) if (!wanted.has(address)) { if (!image.complete) image.src = ''; ahead.delete(address); }
  near.forEach(load);
}
function paint() {
  if (!isOpen() || !current) return;
  const all = list.cells(), at = all.indexOf(current), { decision, rating, name } = current.dataset;
  $('[data-f=place]').textContent = fill(gettext('%(n)s of %(all)s'), { n: at + 1, all: all.length });
  $('[data-f=name]').textContent = name ? document.querySelector('h1')?.textContent ?? '' : current.querySelector('img').alt;
  $('[data-f=decided-copy]').textContent = decidedWords();
  $('figure').dataset.decision = decision;
  document.title = `${name ?? at + 1} - ${title}`;
  for (const button of dialog.querySelectorAll('.marks [data-do]')) {
    const does = button.dataset.do, star = /^\d$/.test(does);
    button.setAttribute('aria-pressed', star ? does === rating : { pick: '1', reject: '2', clear: '0' }[does] === decision);
    if (star) button.classList.toggle('lit', +does <= +rating);
  }
  for (const button of dialog.querySelectorAll('[data-value]')) button.setAttribute('aria-pressed', current.dataset[button.dataset.do] === button.dataset.value);
  Object.assign($('figure').dataset, { label: current.dataset.label ?? 0, reason: current.dataset.reason ?? '' });
  $('[data-do=vary]').hidden = !list.varies;
  $('[data-do=previous]').disabled = at === 0 && !document.querySelector('.ranges [rel=prev]');
  $('[data-do=next]').disabled = at === all.length - 1 && !document.querySelector('.ranges [rel=next]');
  $('#advance').checked = goesOn(true);
  strip(all, at);
}
function strip(all, at) {
  const from = Math.max(0, Math.min(at - 4, all.length - 9));
  $('.strip').replaceChildren(...all.slice(from, from + 9).map((cell, i) => {
    const item = document.createElement('li'), link = document.createElement('a'), image = new Image(), thumb = cell.querySelector('a > img');
    item.dataset.decision = cell.dataset.decision;
    link.href = cell.querySelector('a').href;
    link.setAttribute('aria-label', cell.dataset.name ? fill(gettext('Frame %(name)s'), { name: cell.dataset.name }) : thumb.alt);
    if (from + i === at) link.setAttribute('aria-current', 'true');
    image.src = thumb.currentSrc || thumb.src;
    image.alt = '';
    link.append(image);
    link.addEventListener('click', event => { event.preventDefault(); show(cell); dialog.focus(); });
    item.append(link);
    return item;
  }));
  const here = $('.strip [aria-current]');
  $('.strip').scrollLeft = here.offsetLeft - ($('.strip').clientWidth - here.clientWidth) / 2;
}
document.addEventListener('gallery:painted', event => {
  if (!isOpen()) return;
  const undone = event.detail && document.querySelector(`[data-photo="${event.detail}"]`);
  if (undone && undone !== current) show(undone); else paint();
});

// --- prompt and settings ----------------------------------------------------

async function panel(cell) {
  const answer = await fetch(cell.querySelector('a').href, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), 'text/html').body.firstElementChild;
}
async function fetchPanel() {
  const cell = current;
  try {
    const found = await panel(cell);
    import('./edit.js');                    // its words can be written there
    if (current === cell) $('#panel').replaceChildren(found);
  } catch { if (current === cell) $('#panel').textContent = gettext('Could not be read. Press I twice to try again.'); }
}
export function toggleInfo() {
  const hidden = $('#panel').toggleAttribute('hidden');
  $('[data-do=info]').setAttribute('aria-pressed', !hidden);
  if (!hidden) fetchPanel();
}

// --- a short look, full screen, lights ---------------------------------------------------

const HELD_MS = 350, LIGHTS = ['', '#767676', '#fff'];
let light = 0;
// Space opens and closes; held down it shows the picture as long as it is held.
export function peek(cell, event) {
  if (event.repeat) return;
  if (isOpen()) { close(); return; }
  const began = performance.now();
  open(cell);
  addEventListener('keyup', function up({ key }) {
    if (key !== ' ') return;
    removeEventListener('keyup', up);
    if (performance.now() - began > HELD_MS) close();
  });
}
export function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen(); else $('#stage').requestFullscreen?.().catch(() => {});
}
export function nextLight() {
  light = (light + 1) % LIGHTS.length;
  $('#stage').style.background = LIGHTS[light];
}

// --- 100 % ------------------------------------------------------------------

const zoomed = () => dialog.classList.contains('zoomed');
function unzoom() {
  if (!zoomed()) return;
  dialog.classList.remove('zoomed');
  $('[data-do=zoom]').setAttribute('aria-pressed', 'false');
}
export async function toggleZoom() {
  if (zoomed()) { unzoom(); return; }
  const cell = current, { zoom } = await import('./zoom.js');
  if (current === cell) zoom({ dialog, cell, panel, still: () => current === cell && zoomed() });
}

// --- hands ------------------------------------------------------------------

let from = null;
const stage = dialog && $('#stage');
stage?.addEventListener('pointerdown', event => {
  if (event.button || event.target.closest('button')) return;
  from = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
});
stage?.addEventListener('pointermove', event => {
  if (from && zoomed() && event.pointerType === 'mouse') stage.scrollTo(from.left - event.clientX + from.x, from.top - event.clientY + from.y);
});
stage?.addEventListener('pointerup', event => {
  const x = from ? event.clientX - from.x : 0, y = from ? event.clientY - from.y : 0;
  from = null;
  if (!zoomed() && event.pointerType === 'touch' && Math.abs(x) > 48 && Math.abs(x) > 1.5 * Math.abs(y)) step(x < 0 === (document.dir !== 'rtl') ? 1 : -1);
});
stage?.addEventListener('pointercancel', () => { from = null; });
stage?.addEventListener('dblclick', event => { if (!event.target.closest('button')) toggleZoom(); });
stage?.addEventListener('dragstart', event => event.preventDefault());
dialog?.addEventListener('click', event => {
  const does = event.target.closest('[data-do]')?.dataset.do;
  ({ close, previous: () => step(-1) || list.over?.(-1), next: () => step(1) || list.over?.(1), info: toggleInfo, zoom: toggleZoom })[does]?.();
});
dialog?.querySelector('#advance').addEventListener('change', event => setGoesOn(true, event.target.checked));
bind({ advance: { run: () => { setGoesOn(isOpen(), !goesOn(isOpen())); import('./status.js').then(({ say }) => say(goesOn(isOpen()) ? gettext('Goes on after a mark.') : gettext('Stays after a mark.'))); } } });
document.addEventListener('gallery:advance', () => paint());
