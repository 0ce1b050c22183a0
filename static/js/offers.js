// What could be typed next in the search box: keys and values. Without it the box works as it stands.
const box = document.getElementById('q'), list = document.createElement('ul');
let timer = 0, asked = 0, chosen = -1;

list.id = 'offers';
list.className = 'offers';
list.role = 'listbox';
list.ariaLabel = box.labels[0].textContent;
list.hidden = true;
box.after(list);
for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': 'offers', 'aria-expanded': 'false', autocomplete: 'off' })) box.setAttribute(name, value);

const term = () => box.value.slice(0, box.selectionStart).match(/(?:[^\s"]|"[^"]*"?)*$/)[0];
const options = () => [...list.children];

function close() {
  list.hidden = true;
  chosen = -1;
  box.setAttribute('aria-expanded', 'false');
  box.removeAttribute('aria-activedescendant');
}
function choose(at) {
  const all = options();
  chosen = (at + all.length) % all.length;
  for (const [place, option] of all.entries()) option.ariaSelected = place === chosen;
  box.setAttribute('aria-activedescendant', all[chosen].id);
}
function take(option) {
  const end = box.selectionStart, begin = end - term().length, text = option.textContent;
  const gap = text.endsWith(':') || /^\s/.test(box.value.slice(end)) ? '' : ' ';
  box.setRangeText(text + gap, begin, end, 'end');
  close();
  if (text.endsWith(':')) ask();
}
async function ask() {
  const start = term(), number = ++asked;
  if (!start || start === '-') return close();
  const answer = await fetch(`/search/offers/?start=${encodeURIComponent(start)}`);
  if (!answer.ok || answer.redirected || number !== asked) return;
  const { offers } = await answer.json();
  list.replaceChildren(...offers.filter(text => text !== start).map((text, n) => {
    const option = document.createElement('li');
    [option.role, option.id, option.textContent, option.ariaSelected] = ['option', `offer-${n}`, text, 'false'];
    return option;
  }));
  chosen = -1;
  list.hidden = !list.children.length;
  box.setAttribute('aria-expanded', !list.hidden);
}
box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(() => ask().catch(() => {}), 120); });
box.addEventListener('keydown', event => {
  if (list.hidden) return;
  if (event.key === 'ArrowDown') choose(chosen + 1);
  else if (event.key === 'ArrowUp') choose(chosen < 0 ? -1 : chosen - 1);
  else if (event.key === 'Escape') close();
  else if (event.key === 'Enter' && chosen >= 0) take(options()[chosen]);
  else return;
  event.preventDefault();
  event.stopPropagation();
});
box.addEventListener('blur', () => setTimeout(close, 150));
list.addEventListener('pointerdown', event => { const option = event.target.closest('li'); if (option) { event.preventDefault(); take(option); } });
if (box.value !== box.defaultValue) ask().catch(() => {});          // typed while this module was on its way
