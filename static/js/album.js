// B puts images into the album used last.
import { bind } from './keys.js';
import { isOpen, shown } from './large.js';
import { post, token } from './post.js';
import { say, undoAction } from './status.js';
import { gettext } from './text.js';

const notSaved = (problem, again) => say(problem.sentence ?? gettext('Not saved.'), problem.sentence ? [] : [[gettext('Retry'), again]], true);

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
