// The form: what was changed since the remixed session, how long it may take, Ctrl+Enter.
import { fill, gettext, ngettext } from './text.js';

const form = document.getElementById('generate');
const value = name => { const field = form.elements[name]; return field instanceof RadioNodeList ? field.value : field?.type === 'checkbox' ? String(field.checked) : field?.value ?? ''; };

function offer(alias) {          // what this engine cannot make is not there, and not chosen
  const shapes = [...form.querySelectorAll('[data-for]')];
  for (const label of shapes) label.hidden = !label.dataset.for.split(' ').includes(alias);
  const chosen = form.querySelector('[name=shape]:checked')?.closest('label');
  if (chosen && !chosen.hidden) return;
  const ratio = label => Math.abs(Math.log(+(label.querySelector('i').style.getPropertyValue('--r') || 99) / +(chosen?.querySelector('i').style.getPropertyValue('--r') || 1)));
  const near = shapes.filter(label => !label.hidden).sort((one, other) => ratio(one) - ratio(other))[0];
  if (near) near.querySelector('input').checked = true;
}
function draw() {
  const alias = value('engine');
  for (const part of form.querySelectorAll('[data-engine]')) part.hidden = part.dataset.engine !== alias;
  if (alias) offer(alias);
  const count = Math.max(0, +value('count') || 0), other = value('shape') === 'other', edges = document.getElementById('edges');
  const [width, height] = other ? [+value('width'), +value('height')] : value('shape').split('x').map(Number);
  if (edges) edges.hidden = !other;
  const negative = form.querySelector('[data-group=negative]'), can = form.querySelector(`[data-engine="${alias}"][data-negative]`)?.dataset.negative;
  if (negative) negative.hidden = can === '0';
  const seed = form.querySelector('[data-group=seed]');
  if (seed) seed.hidden = form.querySelector(`[data-engine="${alias}"][data-seeds]`)?.dataset.seeds === '0';
  form.querySelector('[data-f=submit]').textContent = fill(ngettext('Generate %(n)s image', 'Generate %(n)s images', count), { n: count });
  document.getElementById('size-line').textContent = width ? `${width} × ${height}` : '';
  const seconds = Math.round(+form.dataset.pace * count * width * height / 1e6);
  form.querySelector('[data-f=estimate]').textContent = seconds > 0 ? fill(seconds < 100 ? gettext('About %(n)s s') : gettext('About %(n)s min'), { n: seconds < 100 ? seconds : Math.round(seconds / 60) }) : '';
  for (const mark of form.querySelectorAll('[data-mark]')) {
    const before = mark.dataset.before ?? form.querySelector(`[name="${mark.dataset.mark}"][data-before]`)?.dataset.before;
    mark.hidden = before === undefined || value(mark.dataset.mark).trim().replaceAll('\r', '') === (/^(True|False)$/.test(before) ? before.toLowerCase() : before.trim().replaceAll('\r', ''));
  }
}
form.addEventListener('input', draw);
form.addEventListener('change', draw);
form.addEventListener('keydown', event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) { event.preventDefault(); form.requestSubmit(); } });
form.querySelector('[data-seed]')?.addEventListener('click', event => { form.elements.seed.value = event.target.dataset.seed; draw(); });
form.addEventListener('submit', () => { form.querySelector('[data-f=submit]').disabled = true; });
addEventListener('pageshow', () => { form.querySelector('[data-f=submit]').disabled = !value('engine'); draw(); });
document.getElementById('summary')?.focus();
draw();
