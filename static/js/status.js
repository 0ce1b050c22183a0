// The one line for messages, bottom left: what happened, and the button that takes it back.
import { gettext } from './text.js';

const STAYS_MS = 8000;
const bar = document.getElementById('status'), line = document.getElementById('said');
let timer, held = false;

function button(label, act) {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'btn';
  made.textContent = label;
  made.addEventListener('click', act);
  return made;
}
function hide() {
  if (held || bar.matches(':focus-within')) { timer = setTimeout(hide, 1000); return; }
  line.textContent = '';
  bar.querySelectorAll('.btn').forEach(one => one.remove());
}
// `actions` are [label, function] pairs; a message with `stay` remains until the next one.
export function say(text, actions = [], stay = false) {
  clearTimeout(timer);
  bar.querySelectorAll('.btn').forEach(one => one.remove());
  line.textContent = text;
  actions.forEach(([label, act]) => bar.append(button(label, act)));
  if (!stay) timer = setTimeout(hide, STAYS_MS);
}
export const undoAction = act => [gettext('Undo'), act];
// A modal dialog makes everything outside inert: the line moves in with it.
export const moveInto = element => element.append(bar);

bar.addEventListener('pointerenter', () => { held = true; });
bar.addEventListener('pointerleave', () => { held = false; });
if (line.textContent.trim()) timer = setTimeout(hide, STAYS_MS);
