// Albums: B puts images into the album used last; the arrange page moves by dragging, and without a reload.
import { bind } from './keys.js';
import { isOpen, shown } from './large.js';
import { say, undoAction } from './status.js';
import { fill, gettext } from './text.js';

const token = () => document.querySelector('meta[name=csrf]').content;
async function post(address, values) {
  const body = new URLSearchParams(values);
  const answer = await fetch(address, { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRFToken': token() } });
  if (answer.redirected) { location.assign(answer.url); throw new Error('signed out'); }
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(answer.status), { status: answer.status, sentence: said.sentence });
  return said;
}
const notSaved = (problem, again) => say(problem.sentence ?? gettext('Not saved.'), problem.sentence ? [] : [[gettext('Retry'), again]], true);

// --- B ----------------------------------------------------------------------

function targets() {
  if (isOpen()) return [shown()].filter(Boolean);
  const many = [...document.querySelectorAll('[data-photo]')].filter(cell => cell.querySelector('.check input')?.checked);
  const here = document.activeElement?.closest('[data-photo]');
  return many.length ? many : here ? [here] : [];
}
async function addToLast(ids) {
  const photos = ids.map(id => ['photo', id]);
  try {
    const { album, added, sentence } = await post('/albums/add/', [...photos, ['album', 'last']]);
    const undo = async () => { await post(`/albums/${album.id}/remove/`, photos); say(gettext('Undone.')); };
    say(sentence, added === ids.length ? [undoAction(undo)] : []);
  } catch (problem) {
    if (problem.status === 422) askWhich(photos); else notSaved(problem, () => addToLast(ids));
  }
}
// No album yet: the page that asks for one, with the images in its form.
function askWhich(photos) {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = '/albums/add/';
  for (const [name, value] of [...photos, ['next', location.pathname + location.search], ['csrfmiddlewaretoken', token()]]) {
    const field = document.createElement('input');
    Object.assign(field, { type: 'hidden', name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
if (document.querySelector('.list-form')) bind({ album: { when: () => targets().length > 0, run: () => addToLast(targets().map(cell => cell.dataset.photo)) } });

// --- arranging --------------------------------------------------------------

const form = document.querySelector('[data-arrange]'), list = form?.querySelector('[data-list]');
let sending = Promise.resolve(), held = null;

function send(...moves) {
  for (const values of moves) sending = sending.then(() => post(form.action, values));
  sending = sending.catch(problem => { say(problem.sentence ?? gettext('Not saved. The page shows how it stands.')); setTimeout(() => location.reload(), 1500); return new Promise(() => {}); });
}
function renumber() {
  [...list.children].forEach((item, n) => { item.querySelector('[data-f=number]').textContent = list.start + n; });
}
function put(item, before) {
  const focused = document.activeElement;
  list.insertBefore(item, before);
  renumber();
  if (item.contains(focused)) focused.focus({ preventScroll: true });
  item.scrollIntoView({ block: 'nearest' });
  say(fill(gettext('Place %(n)s.'), { n: item.querySelector('[data-f=number]').textContent }));
}
form?.addEventListener('submit', event => {
  const [verb, id] = (event.submitter?.value ?? '').split(':'), item = list.querySelector(`[data-photo="${id}"]`);
  const beside = verb === 'up' ? item?.previousElementSibling : verb === 'down' ? item?.nextElementSibling : null;
  if (!beside) return;                            // to another page: the form does it
  event.preventDefault();
  put(item, verb === 'up' ? beside : beside.nextElementSibling);
  send([['move', `${verb}:${id}`]]);
});

const side = (item, event) => { const box = item.getBoundingClientRect(); return event.clientX < box.left + box.width / 2 === (document.dir !== 'rtl') ? 'before' : 'after'; };
const unmark = () => list.querySelectorAll('.before, .after').forEach(item => item.classList.remove('before', 'after'));
function drop(item, over, where) {
  const before = where === 'before' ? over : over.nextElementSibling, id = item.dataset.photo;
  if (before === item || over === item) return;
  put(item, before);
  if (before) send([['move', 'before'], ['photo', id], ['before', before.dataset.photo]]);
  else send([['move', 'before'], ['photo', id], ['before', over.dataset.photo]], [['move', `down:${id}`]]);      // more may follow on the next page
}
if (list) {
  for (const item of list.children) { item.draggable = true; item.querySelector('img').draggable = false; }
  list.addEventListener('dragstart', event => {
    held = event.target.closest?.('li');
    if (!held || event.target.closest('input')) return;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', held.dataset.photo);
    held.classList.add('held');
  });
  list.addEventListener('dragover', event => {
    const over = event.target.closest('li');
    if (!held || !over) return;
    event.preventDefault();
    unmark();
    if (over !== held) over.classList.add(side(over, event));
  });
  list.addEventListener('drop', event => {
    const over = event.target.closest('li');
    if (!held || !over) return;
    event.preventDefault();
    drop(held, over, side(over, event));
  });
  list.addEventListener('dragend', () => { unmark(); held?.classList.remove('held'); held = null; });
}
