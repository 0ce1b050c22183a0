// A session being made or filed: the count in the tab's title, a word at the end, the focus on the first image.
import { cellOf, drawCounts } from './marks.js';
import { say } from './status.js';
import { fill, gettext } from './text.js';

const sheet = document.querySelector('[data-session]'), plain = document.title.replace(/^\(\d+\) /, '');
let was = document.getElementById('live')?.dataset.generating === '1';

function follow() {
  const live = document.getElementById('live');
  if (!live) return;
  const { made, generating, color, filed, said } = live.dataset, grown = +made !== +sheet.dataset.made;
  sheet.dataset.made = made;
  if (grown) document.querySelector('.sheet').style.setProperty('--hint', color);      // a hint of what is to come
  for (const id of filed ? filed.split(',') : []) {
    const cell = cellOf(id);
    if (cell && cell.dataset.final !== '1') { cell.dataset.final = '1'; if (cell.dataset.decision === '1') sheet.dataset.unfiled = Math.max(0, +sheet.dataset.unfiled - 1); }
  }
  if (grown || filed || said) drawCounts();
  document.title = generating === '1' ? `(${made}) ${plain}` : plain;
  if (said) say(said, [[gettext('See the finals'), () => { location.href = '/finals/'; }]]);
  was ||= generating === '1';
  if (was && generating === '0') {
    was = false;
    document.querySelectorAll('.frame .well').forEach(well => well.closest('.frame').remove());
    if (sheet.dataset.varied) say(gettext('What was varied is here.'));
    else if (+made) say(fill(gettext('%(n)s ready. P picks, X rejects, ? for all.'), { n: made }));
    document.dispatchEvent(new CustomEvent('gallery:start'));
  }
}
document.body.addEventListener('htmx:afterSettle', follow);
follow();
