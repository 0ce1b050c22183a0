// The page of one picture: marks save themselves, and the keys work here too.
import { bind } from './keys.js';
import { say } from './status.js';
import { fill, gettext, ngettext } from './text.js';

const form = document.querySelector('[data-verdict]'), why = form.elements.reason;
const chosen = name => +(form.querySelector(`[name=${name}]:checked`)?.value ?? 0);
let waiting = Promise.resolve(), unsaved = 0, marked = false;
const tell = by => { unsaved += by; document.documentElement.toggleAttribute('data-unsaved', unsaved > 0); };

function send(address, body) {
  tell(1);
  waiting = waiting.then(async () => {
    try {
      const answer = await fetch(address, { method: 'POST', keepalive: true, body, headers: { Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf]').content } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      return await answer.json();
    } catch { say(gettext('Not saved.'), [[gettext('Retry'), () => send(address, body)]], true); return null; }
  }).finally(() => tell(-1));
  return waiting;
}
function stars(n) { return n ? fill(ngettext('%(n)s star', '%(n)s stars', n), { n }) : ''; }
async function save() {
  marked = true;
  const decision = chosen('decision'), label = form.querySelector('[name=label]:checked')?.closest('label').title ?? '';
  if (decision !== 2) why.value = '';
  const verdict = [gettext('Undecided'), gettext('Picked'), gettext('Rejected')][decision] + (why.value ? `: ${why.value}` : '');
  say([verdict, stars(chosen('rating')), chosen('label') ? label : ''].filter(Boolean).join(', '), [[gettext('Undo'), undo]]);
  await send(form.action, new FormData(form));
}
async function turn(address, back) {
  const answer = await send(address, new FormData());
  if (!answer) return;
  const stands = answer.photos.find(photo => String(photo.id) === form.dataset.verdict);
  if (stands) { for (const name of ['decision', 'rating', 'label']) set(name, stands[name]); why.value = stands.reason; }
  say(answer.said, answer.photos.length ? [back] : []);
}
function undo() {
  const said = document.querySelector('#status form');
  if (!marked && said) { said.requestSubmit(); return; }        // what was done before this page, and is offered on it
  turn('/undo/', [gettext('Redo'), redo]);
}
const redo = () => turn('/redo/', [gettext('Undo'), undo]);
const set = (name, value) => { const radio = form.querySelector(`[name=${name}][value="${value}"]`); if (radio) radio.checked = true; };
const mark = (name, value) => { if (chosen(name) !== value) { set(name, value); save(); } };
function reject(reason) {
  if (chosen('decision') === 2 && why.value === reason) return;
  set('decision', 2);
  why.value = reason;
  save();
}
const go = rel => ({ when: () => Boolean(document.querySelector(`a[rel=${rel}]`)), run: () => document.querySelector(`a[rel=${rel}]`).click() });

form.addEventListener('change', event => { if (event.target === why && why.value) set('decision', 2); save(); });
bind({
  pick: { run: () => mark('decision', 1) },
  reject: { run: () => mark('decision', 2) },
  clear: { run: () => mark('decision', 0) },
  toggle: { run: () => mark('decision', chosen('decision') === 1 ? 0 : 1) },
  reason: { run: (event, reason) => reject(reason) },
  rate: { run: (event, n) => mark('rating', n) },
  label: { run: (event, n) => mark('label', chosen('label') === n ? 0 : n) },
  less: { run: () => mark('rating', Math.max(0, chosen('rating') - 1)) },
  more: { run: () => mark('rating', Math.min(5, chosen('rating') + 1)) },
  undo: { run: undo },
  redo: { run: redo },
  trash: { run: () => document.getElementById('to-trash').requestSubmit(document.querySelector('#to-trash button')) },
  next: go('next'),
  previous: go('prev'),
});
