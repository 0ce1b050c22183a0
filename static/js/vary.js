// Vary: one more of that, in this session. Wells stand at the end of the sheet, and fill while one goes on choosing.
import { flush, remember, saving, undo } from './marks.js';
import { post } from './post.js';
import { say, undoAction } from './status.js';
import { gettext } from './text.js';

const numbers = () => [...document.querySelectorAll('.sheet [data-photo]')].map(cell => parseInt(cell.dataset.name, 10));

export async function vary(chosen, sheet) {
  const body = [...chosen.map(cell => ['photo', cell.dataset.photo]), ['have', Math.max(0, ...numbers())], ['show', sheet.dataset.show]];
  try {
    const { sentence, way_back, live, wells, numbers: asked } = await saving(flush().then(() => post(sheet.dataset.vary, body)));
    sheet.dataset.varied = '1';
    await stand(wells, live, sheet);
    remember(() => takeBack(way_back, asked));
    say(sentence, [undoAction(undo)]);
  } catch (problem) { say(problem.sentence ?? gettext('Not saved.'), problem.sentence ? [] : [[gettext('Retry'), () => vary(chosen, sheet)]], true); }
}
async function stand(wells, live, sheet) {
  const arrived = new DOMParser().parseFromString(`<ul>${wells}</ul>${live}`, 'text/html');
  for (const well of arrived.querySelectorAll('li')) if (!document.getElementById(well.id)) document.querySelector('.sheet')?.append(well);
  document.getElementById('live').replaceWith(arrived.getElementById('live'));
  if (!window.htmx) await new Promise((done, fail) => { document.head.append(Object.assign(document.createElement('script'), { src: sheet.dataset.htmx, onload: done, onerror: fail })); });
  await import('./live.js');
  window.htmx.process(document.getElementById('live'));
}
function takeBack(way_back, asked) {
  for (const number of asked) document.getElementById(`f${String(number).padStart(2, '0')}`)?.remove();
  return saving(post('/take-back/', { way_back })).then(({ sentence }) => say(sentence), problem => say(problem.sentence ?? gettext('Not saved.')));
}
