// Many at once: to the trash, tags, albums. What is taken back comes back to its place.
import { countIn, flush, remember, saving, undo } from './marks.js';
import { post } from './post.js';
import { say, undoAction } from './status.js';
import { fill, gettext, ngettext } from './text.js';

const notSaved = (problem, again) => say(problem.sentence ?? gettext('Not saved.'), [[gettext('Retry'), again]], true);
const takeBack = way_back => saving(post('/take-back/', { way_back })).then(({ sentence }) => say(sentence), problem => notSaved(problem, () => takeBack(way_back)));

// Out of the list at once; a mark in the page keeps each place for an undo. `show` is given the first that comes back.
export function trash(chosen, show) {
  const places = chosen.map(cell => [cell, document.createComment('')]);
  places.forEach(([cell, place]) => cell.replaceWith(place));
  countIn(chosen, -1);
  const putBack = () => { places.forEach(([cell, place]) => place.replaceWith(cell)); countIn(chosen, 1); show(chosen[0]); };
  const sent = saving(flush().then(() => post('/bulk/', [['do', 'trash'], ...chosen.map(cell => ['photo', cell.dataset.photo])])));
  sent.catch(problem => { putBack(); notSaved(problem, () => trash(chosen, show)); });
  remember(() => { putBack(); sent.then(({ way_back }) => takeBack(way_back), () => {}); });
  say(fill(ngettext('Moved %(n)s image to the trash.', 'Moved %(n)s images to the trash.', chosen.length), { n: chosen.length }), [undoAction(undo)]);
}

// What was typed or chosen in the bar, for the ticked ones.
export async function sendSelected(form, button) {
  const body = new FormData(form, button), again = () => sendSelected(form, button);
  try {
    const { sentence, way_back } = await saving(post('/bulk/', body));
    if (way_back) remember(() => takeBack(way_back));
    say(sentence, way_back ? [undoAction(undo)] : []);
    for (const name of ['tags', 'title']) if (form.elements[name]) form.elements[name].value = '';
  } catch (problem) { notSaved(problem, again); }
}

// Return in a field presses the button beside it.
document.addEventListener('keydown', event => {
  const field = event.target;
  if (event.key !== 'Enter' || event.isComposing || !field.matches?.('.bulk .input')) return;
  event.preventDefault();
  field.closest('.menu, .with-btn').querySelector(field.name === 'title' ? '[value=new_album]' : field.name === 'album' ? '[value=album]' : '[value=tag]').click();
});
