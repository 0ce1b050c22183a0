// The page of one picture: marks save themselves, and the keys work here too.
import { bind } from './keys.js';
import { say } from './status.js';
import { gettext } from './text.js';

const form = document.querySelector('[data-verdict]');
const chosen = name => +(form.querySelector(`[name=${name}]:checked`)?.value ?? 0);
let waiting = Promise.resolve(), unsaved = 0, marked = false;
const tell = by => { unsaved += by; document.documentElement.toggleAttribute('data-unsaved', unsaved > 0); };

function send(address, body) {
  tell(1);
  waiting = waiting.then(async () => {
    try {
      const answer = await fetch(address, { method: 'POST', keepalive: true, body, headers: { Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf]').content } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      return (await answer.json()).photos.find(photo => String(photo.id) === form.dataset.verdict);
    } catch { say(gettext('Not saved.'), [[gettext('Retry'), () => send(address, body)]], true); return null; }
  }).finally(() => tell(-1));
  return waiting;
}
async function save() {
  marked = true;
  say([[gettext('Undecided'), gettext('Picked'), gettext('Rejected')][chosen('decision')], chosen('rating') ? `${chosen('rating')} ★` : ''].filter(Boolean).join(', '), [[gettext('Undo'), undo]]);
  await send(form.action, new FormData(form));
}
async function undo() {
  const said = document.querySelector('#status form');
  if (!marked && said) { said.requestSubmit(); return; }        // what was done before this page, and is offered on it
  const stands = await send('/undo/', new FormData());
  if (stands) { set('decision', stands.decision); set('rating', stands.rating); }
  say(gettext('Undone.'));
}
const set = (name, value) => { const radio = form.querySelector(`[name=${name}][value="${value}"]`); if (radio) radio.checked = true; };
const mark = (name, value) => { if (chosen(name) !== value) { set(name, value); save(); } };
const go = rel => ({ when: () => Boolean(document.querySelector(`a[rel=${rel}]`)), run: () => document.querySelector(`a[rel=${rel}]`).click() });

form.addEventListener('change', save);
bind({
  pick: { run: () => mark('decision', 1) },
  reject: { run: () => mark('decision', 2) },
  clear: { run: () => mark('decision', 0) },
  toggle: { run: () => mark('decision', chosen('decision') === 1 ? 0 : 1) },
  rate: { run: (event, stars) => mark('rating', stars) },
  less: { run: () => mark('rating', Math.max(0, chosen('rating') - 1)) },
  more: { run: () => mark('rating', Math.min(5, chosen('rating') + 1)) },
  undo: { run: undo },
  trash: { run: () => document.getElementById('to-trash').requestSubmit(document.querySelector('#to-trash button')) },
  next: go('next'),
  previous: go('prev'),
});
