// From a list to the page that compares, or shows some at once: the ticked ones, or the one in hand and the next.
import { cells, flush } from './marks.js';
import { isOpen, shown } from './large.js';

const MOST = 50;
export async function go(kind, given) {
  const all = cells(), here = isOpen() ? shown() : document.activeElement?.closest('[data-photo]') ?? all[0];
  const ticked = all.filter(cell => cell.querySelector('.check input')?.checked), at = all.indexOf(here);
  let chosen = given ?? ticked;
  if (!chosen.length) chosen = [here];
  if (chosen.length === 1) chosen = [...chosen, chosen[0] === here ? all[at + 1] ?? all[at - 1] : here];
  chosen = [...new Set(chosen.filter(Boolean))].slice(0, MOST);
  if (chosen.length < 2) return;
  const list = document.querySelector('.list-form [name=next]')?.value ?? location.pathname + location.search;
  if (!await flush()) return;
  location.assign(`/${chosen.length > 4 ? 'survey' : kind}/?ids=${chosen.map(cell => cell.dataset.photo)}&back=${encodeURIComponent(`${list}#${chosen[0].id}`)}`);
}
