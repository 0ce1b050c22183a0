// What the keys do, in words: the dialog behind "?". keys.js binds them, and loads this when somebody asks.
import { fill, gettext } from './text.js';

// Of each group the heading, and [action, keys as they are printed, what they do].
const groups = why => [
  [gettext('Choose'), [
    ['pick', 'P', gettext('Pick')],
    ['reject', 'X', gettext('Reject')],
    ['clear', 'U', gettext('Undecided')],
    ['toggle', '`', gettext('Picked or not')],
    ['rate', '0 - 5', gettext('Stars; 0 clears')],
    ['label', '6 - 9', gettext('Red, yellow, green, blue label; again clears')],
    ...(why.size ? [['reason', [...why.keys()].join(' ').toUpperCase(), fill(gettext('Reject for: %(names)s'), { names: [...why.values()].join(', ') })]] : []),
    ['less', '[', gettext('One star less')],
    ['more', ']', gettext('One star more')],
    ['keeper', '1 - 9', gettext('The one to keep')],
    ['trashRest', 'D', gettext('Trash the rest')],
    ['keepAll', 'K', gettext('Keep all: no duplicates')],
    ['vary', 'V', gettext('Vary: the same with a new seed, in this session')],
    ['trash', 'Del or Backspace', gettext('Move to the trash')],
    ['redo', 'Ctrl Shift Z', gettext('Do again what was undone')],
    ['redo', 'Ctrl Y', gettext('Do again what was undone')],
    ['undo', 'Ctrl Z', gettext('Undo')],
    ['advance', 'A', gettext('Go on after a mark: on or off')],
    ['album', 'B', gettext('Add to the album used last')],
    ['select', 'S', gettext('Select; marks then go to all selected')],
    ['selectAll', 'Ctrl A', gettext('Select all of the page')],
    ['deselect', 'Esc', gettext('Clear the selection')],
  ]],
  [gettext('Move'), [
    ['next', '→', gettext('Next')],
    ['previous', '←', gettext('Previous')],
    ['down', '↓', gettext('Below')],
    ['up', '↑', gettext('Above')],
    ['nextGroup', 'N', gettext('Next group')],
    ['first', 'Home', gettext('First')],
    ['last', 'End', gettext('Last')],
  ]],
  [gettext('Look'), [
    ['open', 'Enter or E', gettext('Large view')],
    ['peek', 'Space', gettext('Large view; held: a short look')],
    ['close', 'G or Esc', gettext('Back to the list')],
    ['info', 'I', gettext('Prompt and settings, in the large view')],
    ['full', 'F', gettext('Full screen, in the large view')],
    ['lights', 'L', gettext('Lights, in the large view: black, grey, white')],
    ['zoom', 'Z', gettext('100 %, in the large view')],
    ['in', '+', gettext('Larger')],
    ['out', '-', gettext('Smaller')],
    ['compare', 'C', gettext('Compare the selected, or this one and the next')],
    ['survey', 'N', gettext('Survey: the selected, as large as they go')],
    ['slider', 'M', gettext('Two over each other, with a slider')],
    ['blink', 'B', gettext('Two in one place, one after the other')],
    ['lock', 'L', gettext('One zoom for all, or this one by itself')],
    ['drop', 'D', gettext('Take out of view')],
    ['leave', 'G or Esc', gettext('Back to the list')],
    ['stack', 'T', gettext('Open or close a stack')],
  ]],
  [gettext('Go to'), [
    ['goTimeline', 'G T', gettext('Timeline')],
    ['goSessions', 'G S', gettext('Sessions')],
    ['goFinals', 'G F', gettext('Finals')],
    ['goAlbums', 'G A', gettext('Albums')],
    ['help', '?', gettext('These keys')],
  ]],
];

function element(name, text, ...inside) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...inside);
  return made;
}
function keyCaps(shown) {
  const cell = document.createElement('dt');
  const between = { or: ` ${gettext('or')} `, ...(shown !== '-' && { '-': ' – ' }) };
  shown.split(' ').forEach(part => cell.append(between[part] ?? element('kbd', part), ' '));
  return cell;
}
function draw({ bound, why, single, setSingle }) {
  const dialog = document.createElement('dialog'), heading = element('h2', gettext('Keys'));
  heading.id = 'keys-title';
  dialog.className = 'keys';
  dialog.setAttribute('aria-labelledby', heading.id);
  dialog.setAttribute('closedby', 'any');
  const close = element('button', gettext('Close'));
  close.type = 'button';
  close.className = 'btn push';
  close.addEventListener('click', () => dialog.close());
  const columns = document.createElement('div');
  columns.className = 'cols';
  for (const [title, keys] of groups(why)) {
    const rows = keys.filter(([does]) => bound[does]);
    if (!rows.length) continue;
    const list = document.createElement('dl');
    rows.forEach(([does, shown, label]) => { const row = keyCaps(shown); row.dataset.does = does; list.append(row, element('dd', label)); });
    columns.append(element('section', '', element('h3', title), list));
  }
  const box = document.createElement('input'), label = document.createElement('label');
  box.type = 'checkbox';
  box.id = 'single-keys';
  box.checked = single;
  box.addEventListener('change', () => setSingle(box.checked));
  label.append(box, gettext('Single-key shortcuts'));
  dialog.append(element('header', '', heading, close), columns, label);
  dialog.addEventListener('close', () => dialog.remove());
  return dialog;
}

// `bound` are the actions of this page, `why` the reasons by key, `single` whether character keys are on.
export function show(given) {
  if (document.querySelector('dialog.keys')) return;
  const dialog = draw(given);
  (document.querySelector('#large[open]') ?? document.body).append(dialog);
  dialog.showModal();
}
