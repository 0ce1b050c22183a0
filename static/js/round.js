// A round of narrowing the picks: P keeps one. It is noted with the image, and X rejects as anywhere.
import { cells, flush, remember, saving, undo } from './marks.js';
import { post } from './post.js';
import { say, undoAction } from './status.js';
import { fill, gettext, ngettext } from './text.js';

const sheet = document.querySelector('[data-session]');
const left = () => cells().filter(cell => cell.dataset.decision === '1' && cell.dataset.kept !== '1').length;
function mark(chosen, kept) {
  for (const cell of chosen) cell.dataset.kept = kept;
  document.dispatchEvent(new CustomEvent('gallery:kept'));
}

export async function keep(chosen) {
  const fresh = chosen.filter(cell => cell.dataset.kept !== '1'), n = fresh.length;
  if (!n) return;
  mark(fresh, '1');
  const sent = saving(flush().then(() => post(sheet.dataset.keep, fresh.map(cell => ['photo', cell.dataset.photo]))));
  remember(() => { mark(fresh, '0'); sent.then(({ way_back }) => way_back && saving(post('/take-back/', { way_back }))).then(tell); say(gettext('Undone.')); });
  const name = n === 1 ? fresh[0].dataset.name : fill(ngettext('%(n)s pick', '%(n)s picks', n), { n });
  say(fill(gettext('Kept %(name)s. %(left)s to look at on this page.'), { name, left: left() }), [undoAction(undo)]);
  try { await sent; } catch (problem) { mark(fresh, '0'); say(problem.sentence ?? gettext('Not saved.'), [[gettext('Retry'), () => keep(fresh)]], true); }
  tell();
}
const tell = () => document.dispatchEvent(new CustomEvent('gallery:painted'));
