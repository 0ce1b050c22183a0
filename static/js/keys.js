// The keys: one table that binds them and draws the help. Pages bind what they can do; only that is listed.
import { fill, gettext } from './text.js';

// What this person rejects for, by key: the bar of the list, or the page of a picture, has the buttons.
const WHY = new Map([...document.querySelectorAll('[data-key]')].map(one => [one.dataset.key, one.value.replace(/^reason:/, '')]));
const CHOOSE = gettext('Choose'), MOVE = gettext('Move'), LOOK = gettext('Look'), GO = gettext('Go to');
// `key` is event.key in lower case, `code` event.code; `shown` is what the help prints. Character keys can be
// switched off; `steady` ones (arrows, Enter, Escape, with Ctrl) stay.
export const KEYS = [
  { does: 'pick', key: ['p'], shown: 'P', group: CHOOSE, label: gettext('Pick') },
  { does: 'reject', key: ['x'], shown: 'X', group: CHOOSE, label: gettext('Reject') },
  { does: 'clear', key: ['u'], shown: 'U', group: CHOOSE, label: gettext('Undecided') },
  { does: 'toggle', code: ['Backquote'], shown: '`', group: CHOOSE, label: gettext('Picked or not') },
  { does: 'rate', digits: true, shown: '0 - 5', group: CHOOSE, label: gettext('Stars; 0 clears') },
  { does: 'label', six: true, shown: '6 - 9', group: CHOOSE, label: gettext('Red, yellow, green, blue label; again clears') },
  ...(WHY.size ? [{ does: 'reason', why: true, shown: [...WHY.keys()].join(' ').toUpperCase(), group: CHOOSE, label: fill(gettext('Reject for: %(names)s'), { names: [...WHY.values()].join(', ') }) }] : []),
  { does: 'less', key: ['['], shown: '[', group: CHOOSE, label: gettext('One star less') },
  { does: 'more', key: [']'], shown: ']', group: CHOOSE, label: gettext('One star more') },
  { does: 'keeper', nine: true, shown: '1 - 9', group: CHOOSE, label: gettext('The one to keep') },
  { does: 'trashRest', key: ['d'], shown: 'D', group: CHOOSE, label: gettext('Trash the rest') },
  { does: 'keepAll', key: ['k'], shown: 'K', group: CHOOSE, label: gettext('Keep all: no duplicates') },
  { does: 'vary', key: ['v'], shown: 'V', group: CHOOSE, label: gettext('Vary: the same with a new seed, in this session') },
  { does: 'trash', key: ['delete', 'backspace'], steady: true, shown: 'Del or Backspace', group: CHOOSE, label: gettext('Move to the trash') },
  { does: 'redo', key: ['z'], ctrl: true, shift: true, steady: true, shown: 'Ctrl Shift Z', group: CHOOSE, label: gettext('Do again what was undone') },
  { does: 'redo', key: ['y'], ctrl: true, steady: true, shown: 'Ctrl Y', group: CHOOSE, label: gettext('Do again what was undone') },
  { does: 'undo', key: ['z'], ctrl: true, steady: true, shown: 'Ctrl Z', group: CHOOSE, label: gettext('Undo') },
  { does: 'advance', key: ['a'], shown: 'A', group: CHOOSE, label: gettext('Go on after a mark: on or off') },
  { does: 'album', key: ['b'], shown: 'B', group: CHOOSE, label: gettext('Add to the album used last') },
  { does: 'select', key: ['s'], shown: 'S', group: CHOOSE, label: gettext('Select; marks then go to all selected') },
  { does: 'selectAll', key: ['a'], ctrl: true, steady: true, shown: 'Ctrl A', group: CHOOSE, label: gettext('Select all of the page') },
  { does: 'deselect', key: ['escape'], steady: true, shown: 'Esc', group: CHOOSE, label: gettext('Clear the selection') },
  { does: 'next', key: ['arrowright'], steady: true, shown: '→', group: MOVE, label: gettext('Next') },
  { does: 'previous', key: ['arrowleft'], steady: true, shown: '←', group: MOVE, label: gettext('Previous') },
  { does: 'down', key: ['arrowdown'], steady: true, shown: '↓', group: MOVE, label: gettext('Below') },
  { does: 'up', key: ['arrowup'], steady: true, shown: '↑', group: MOVE, label: gettext('Above') },
  { does: 'nextGroup', key: ['n'], shown: 'N', group: MOVE, label: gettext('Next group') },
  { does: 'first', key: ['home'], steady: true, shown: 'Home', group: MOVE, label: gettext('First') },
  { does: 'last', key: ['end'], steady: true, shown: 'End', group: MOVE, label: gettext('Last') },
  { does: 'open', key: ['enter', 'e'], steady: true, shown: 'Enter or E', group: LOOK, label: gettext('Large view') },
  { does: 'peek', key: [' '], shown: 'Space', group: LOOK, label: gettext('Large view; held: a short look') },
  { does: 'close', key: ['g'], shown: 'G or Esc', group: LOOK, label: gettext('Back to the list') },
  { does: 'info', key: ['i'], shown: 'I', group: LOOK, label: gettext('Prompt and settings, in the large view') },
  { does: 'full', key: ['f'], shown: 'F', group: LOOK, label: gettext('Full screen, in the large view') },
  { does: 'lights', key: ['l'], shown: 'L', group: LOOK, label: gettext('Lights, in the large view: black, grey, white') },
  { does: 'zoom', key: ['z'], shown: 'Z', group: LOOK, label: gettext('100 %, in the large view') },
  { does: 'in', key: ['+', '='], shown: '+', group: LOOK, label: gettext('Larger') },
  { does: 'out', key: ['-'], shown: '-', group: LOOK, label: gettext('Smaller') },
  { does: 'compare', key: ['c'], shown: 'C', group: LOOK, label: gettext('Compare the selected, or this one and the next') },
  { does: 'survey', key: ['n'], shown: 'N', group: LOOK, label: gettext('Survey: the selected, as large as they go') },
  { does: 'slider', key: ['m'], shown: 'M', group: LOOK, label: gettext('Two over each other, with a slider') },
  { does: 'blink', key: ['b'], shown: 'B', group: LOOK, label: gettext('Two in one place, one after the other') },
  { does: 'lock', key: ['l'], shown: 'L', group: LOOK, label: gettext('One zoom for all, or this one by itself') },
  { does: 'drop', key: ['d'], shown: 'D', group: LOOK, label: gettext('Take out of view') },
  { does: 'leave', key: ['escape', 'g'], steady: true, shown: 'G or Esc', group: LOOK, label: gettext('Back to the list') },
  { does: 'stack', key: ['t'], shown: 'T', group: LOOK, label: gettext('Open or close a stack') },
  { does: 'goTimeline', after: 'g', key: ['t'], shown: 'G T', group: GO, label: gettext('Timeline') },
  { does: 'goSessions', after: 'g', key: ['s'], shown: 'G S', group: GO, label: gettext('Sessions') },
  { does: 'goFinals', after: 'g', key: ['f'], shown: 'G F', group: GO, label: gettext('Finals') },
  { does: 'goAlbums', after: 'g', key: ['a'], shown: 'G A', group: GO, label: gettext('Albums') },
  { does: 'help', key: ['?'], steady: true, shown: '?', group: GO, label: gettext('These keys') },
];
const LEADER_MS = 1200;
const bound = {};
let leader = '', leaderTimer;

export function bind(actions) { Object.assign(bound, actions); }
export const act = (does, event) => bound[does]?.run(event);

// --- what is remembered -----------------------------------------------------

const remembered = (name, otherwise) => { try { return localStorage.getItem(name) ?? otherwise; } catch { return otherwise; } };
const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* not kept, then */ } };
const singleKeys = () => remembered('keys', 'on') === 'on';
export const goesOn = large => remembered(large ? 'advance.large' : 'advance.list', large ? 'on' : 'off') === 'on';
export function setGoesOn(large, on) {
  remember(large ? 'advance.large' : 'advance.list', on ? 'on' : 'off');
  document.dispatchEvent(new CustomEvent('gallery:advance'));
}
// Shift does it once; Caps Lock counts as on.
export const wantsGoOn = (large, event) => goesOn(large) || Boolean(event?.shiftKey) || Boolean(event?.getModifierState?.('CapsLock'));

// --- binding ----------------------------------------------------------------

const typing = el => Boolean(el.closest?.('input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit]), textarea, select, [contenteditable]'));
function fits(entry, event, key) {
  if (Boolean(entry.ctrl) !== (event.ctrlKey || event.metaKey)) return null;
  if ((entry.after ?? '') !== leader) return null;
  if (entry.shift && !event.shiftKey) return null;
  if (entry.why) return WHY.get(key) ?? null;
  if (entry.six) { const digit = /^(?:Digit|Numpad)([6-9])$/.exec(event.code); return digit ? +digit[1] - 5 : null; }
  if (entry.digits) { const digit = /^(?:Digit|Numpad)([0-5])$/.exec(event.code); return digit ? +digit[1] : null; }
  if (entry.nine) { const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code); return digit ? +digit[1] : null; }
  if (entry.code) return entry.code.includes(event.code) ? 1 : null;
  return entry.key.includes(key) ? 1 : null;
}
function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey || typing(event.target)) return;
  if (document.querySelector('dialog[open]:not(#large), [popover]:popover-open')) return;
  const key = event.key.toLowerCase();
  if (['enter', ' '].includes(key) && event.target.closest('button, summary, label, input')) return;
  if (key === 'enter' && event.target.closest('a') && !event.target.closest('[data-photo] > a')) return;
  for (const entry of KEYS) {
    const found = fits(entry, event, key), todo = bound[entry.does];
    if (found === null || !todo || (todo.when && !todo.when())) continue;
    if (!singleKeys() && !entry.steady) continue;
    if (!singleKeys() && entry.does === 'open' && key === 'e') continue;
    event.preventDefault();
    leader = '';
    todo.run(event, found);
    return;
  }
  clearTimeout(leaderTimer);
  leader = !event.ctrlKey && !event.metaKey && key === 'g' && singleKeys() ? 'g' : '';
  if (leader) leaderTimer = setTimeout(() => { leader = ''; }, LEADER_MS);
}
document.addEventListener('keydown', onKey);

// --- help -------------------------------------------------------------------

function element(name, text, ...inside) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...inside);
  return made;
}
function keyCaps(shown) {
  const cell = document.createElement('dt');
  shown.split(' ').forEach(part => cell.append(part === 'or' || part === '-' ? ` ${part === '-' ? '–' : part} ` : element('kbd', part), ' '));
  return cell;
}
function helpDialog() {
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
  for (const group of [CHOOSE, MOVE, LOOK, GO]) {
    const rows = KEYS.filter(entry => entry.group === group && bound[entry.does]);
    if (!rows.length) continue;
    const list = document.createElement('dl');
    rows.forEach(entry => { const row = keyCaps(entry.shown); row.dataset.does = entry.does; list.append(row, element('dd', entry.label)); });
    columns.append(element('section', '', element('h3', group), list));
  }
  const box = document.createElement('input'), label = document.createElement('label');
  box.type = 'checkbox';
  box.id = 'single-keys';
  box.checked = singleKeys();
  box.addEventListener('change', () => remember('keys', box.checked ? 'on' : 'off'));
  label.append(box, gettext('Single-key shortcuts'));
  dialog.append(element('header', '', heading, close), columns, label);
  dialog.addEventListener('close', () => dialog.remove());
  return dialog;
}
export function help() {
  const dialog = helpDialog();
  (document.querySelector('#large[open]') ?? document.body).append(dialog);
  dialog.showModal();
}
const to = address => ({ when: () => !document.querySelector('#large[open]'), run: () => { location.href = address; } });
bind({
  help: { run: help },
  goTimeline: to('/'),
  goSessions: to('/sessions/'),
  goFinals: to('/finals/'),
  goAlbums: to('/albums/'),
});
