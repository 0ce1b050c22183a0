// The end of choosing: once the last mark is saved, the line at the foot says what is left to do.
import { flush } from './marks.js';

const line = document.getElementById('culled'), sheet = document.querySelector('[data-session]');
const decided = () => +sheet.dataset.made > 0 && +sheet.dataset.picked + +sheet.dataset.rejected === +sheet.dataset.made;
let asked = 0;

async function look() {
  const mine = ++asked;
  if (!decided() && !sheet.dataset.keep) { line.replaceChildren(); return; }
  if (!await flush() || mine !== asked) return;
  const answer = await fetch(line.dataset.address);
  if (answer.ok && !answer.redirected && mine === asked) {
    line.innerHTML = await answer.text();
    for (const count of document.querySelectorAll('[data-n=round]')) count.textContent = line.querySelector('[data-left]')?.dataset.left ?? 0;
  }
}
document.addEventListener('gallery:painted', look);
