// The keys: one table binds them, help.js has their words. Pages bind what they can do; only that is listed.

// What this person rejects for, by key: the bar of the list, or the page of a picture, has the buttons.
const WHY = new Map([...document.querySelectorAll('[data-key]')].map(one => [one.dataset.key, one.value.replace(/^reason:/, '')]));
// `key` is event.key in lower case, `code` event.code; what is printed of them is in help.js. Character keys can be
// switched off; `steady` ones (arrows, Enter, Escape, with Ctrl) stay.
export const KEYS = [
  { does: 'pick', key: ['p'] },
  { does: 'reject', key: ['x'] },
  { does: 'clear', key: ['u'] },
  { does: 'toggle', code: ['Backquote'] },
  { does: 'rate', digits: true },
  { does: 'label', six: true },
  ...(WHY.size ? [{ does: 'reason', why: true }] : []),
  { does: 'less', key: ['['] },
  { does: 'more', key: [']'] },
  { does: 'keeper', nine: true },
  { does: 'trashRest', key: ['d'] },
  { does: 'keepAll', key: ['k'] },
  { does: 'vary', key: ['v'] },
  { does: 'trash', key: ['delete', 'backspace'], steady: true },
  { does: 'redo', key: ['z'], ctrl: true, shift: true, steady: true },
  { does: 'redo', key: ['y'], ctrl: true, steady: true },
  { does: 'undo', key: ['z'], ctrl: true, steady: true },
  { does: 'advance', key: ['a'] },
  { does: 'album', key: ['b'] },
  { does: 'select', key: ['s'] },
  { does: 'selectAll', key: ['a'], ctrl: true, steady: true },
  { does: 'deselect', key: ['escape'], steady: true },
  { does: 'next', key: ['arrowright'], steady: true },
  { does: 'previous', key: ['arrowleft'], steady: true },
  { does: 'down', key: ['arrowdown'], steady: true },
  { does: 'up', key: ['arrowup'], steady: true },
  { does: 'nextGroup', key: ['n'] },
  { does: 'first', key: ['home'], steady: true },
  { does: 'last', key: ['end'], steady: true },
  { does: 'open', key: ['enter', 'e'], steady: true },
  { does: 'peek', key: [' '] },
  { does: 'close', key: ['g'] },
  { does: 'info', key: ['i'] },
  { does: 'full', key: ['f'] },
  { does: 'lights', key: ['l'] },
  { does: 'zoom', key: ['z'] },
  { does: 'in', key: ['+', '='] },
  { does: 'out', key: ['-'] },
  { does: 'compare', key: ['c'] },
  { does: 'survey', key: ['n'] },
  { does: 'slider', key: ['m'] },
  { does: 'blink', key: ['b'] },
  { does: 'lock', key: ['l'] },
  { does: 'drop', key: ['d'] },
  { does: 'leave', key: ['escape', 'g'], steady: true },
  { does: 'stack', key: ['t'] },
  { does: 'goTimeline', after: 'g', key: ['t'] },
  { does: 'goSessions', after: 'g', key: ['s'] },
  { does: 'goFinals', after: 'g', key: ['f'] },
  { does: 'goAlbums', after: 'g', key: ['a'] },
  { does: 'help', key: ['?'], steady: true },
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

export const help = () => import('./help.js').then(({ show }) => show({ bound, why: WHY, single: singleKeys(), setSingle: on => remember('keys', on ? 'on' : 'off') }));
const to = address => ({ when: () => !document.querySelector('#large[open]'), run: () => { location.href = address; } });
bind({
  help: { run: help },
  goTimeline: to('/'),
  goSessions: to('/sessions/'),
  goFinals: to('/finals/'),
  goAlbums: to('/albums/'),
});
