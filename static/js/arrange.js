// The arrange page of an album: images move by dragging, and without a reload.
import { post } from './post.js';
import { say } from './status.js';
import { fill, gettext } from './text.js';

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
