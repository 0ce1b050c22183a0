// Duplicates: a group goes from the page at once and comes back to its place with Undo; the keys work on one group.
import { bind } from './keys.js';
import { post } from './post.js';
import { say, undoAction } from './status.js';
import { gettext } from './text.js';

const groups = () => [...document.querySelectorAll('.dup')], done = document.getElementById('all-done');
const past = [];
let current = groups()[0];

function show(group) {
  current = group ?? groups().at(-1);
  done.hidden = Boolean(current);
  if (!current) { done.querySelector('a').focus(); return; }
  current.focus({ preventScroll: true, focusVisible: true });
  current.scrollIntoView({ block: 'nearest' });
}
const after = group => { const all = groups(); return all[all.indexOf(group) + 1]; };

async function send(group, address, body) {
  const place = document.createComment(''), next = after(group);
  group.replaceWith(place);
  show(next);
  const putBack = () => { place.replaceWith(group); show(group); };
  try {
    const { sentence, way_back } = await post(address, body);
    past.push({ putBack, way_back });
    say(sentence, [undoAction(undo)]);
  } catch (problem) {
    putBack();
    say(problem.sentence ?? gettext('Not saved.'), problem.status === 422 ? [] : [[gettext('Retry'), () => send(group, address, body)]], true);
  }
}
async function undo() {
  const gesture = past.pop(), offered = document.querySelector('#status form');
  if (!gesture) { offered?.requestSubmit(); return; }
  try {
    const { sentence } = await post('/take-back/', { way_back: gesture.way_back });
    gesture.putBack();
    say(sentence);
  } catch (problem) {
    past.push(gesture);
    say(problem.sentence ?? gettext('Not saved.'), [[gettext('Retry'), undo]], true);
  }
}

document.addEventListener('submit', event => {
  const group = event.target.closest('.dup');
  if (!group) return;
  event.preventDefault();
  send(group, event.submitter?.getAttribute('formaction') ?? event.target.action, new FormData(event.target));
});
document.addEventListener('click', event => { if (event.target.closest('[data-dup=next]')) show(after(event.target.closest('.dup')) ?? groups()[0]); });
document.addEventListener('focusin', event => { current = event.target.closest('.dup') ?? current; });

const here = () => Boolean(current?.isConnected), press = does => current.querySelector(`[data-dup=${does}]`).click();
bind({
  keeper: { when: here, run: (event, n) => { const radio = current.querySelectorAll('[name=keep]')[n - 1]; if (radio) { radio.checked = true; radio.focus({ preventScroll: true }); } } },
  keepAll: { when: here, run: () => press('keep') },
  trashRest: { when: here, run: () => press('clear') },
  nextGroup: { when: here, run: () => show(after(current) ?? groups()[0]) },
  undo: { run: undo },
});
