// On every page: the help of the keys, light and dark without a reload, the password shown on request, tags suggested.
import { act, bind } from './keys.js';
import { say } from './status.js';
import { gettext } from './text.js';

// What a message offers to undo; lists and pictures have more to take back, and bind that after this.
const offered = document.querySelector('#status form');
if (offered) bind({ undo: { run: () => offered.requestSubmit() } });

document.addEventListener('click', event => {
  const button = event.target.closest('[data-do]');
  if (button?.dataset.do === 'help') { document.getElementById('account')?.hidePopover(); act('help'); }
  if (button?.dataset.do === 'copy') copy(document.getElementById(button.dataset.what));
  if (button?.dataset.do === 'password') {
    const field = document.getElementById('id_password'), shown = field.type === 'text';
    field.type = shown ? 'password' : 'text';
    button.setAttribute('aria-pressed', !shown);
  }
});
document.addEventListener('submit', event => {
  const name = event.target.dataset.look, chosen = event.submitter?.value;
  if (!name || !chosen) return;
  event.preventDefault();
  event.stopPropagation();
  document.documentElement.dataset[name] = chosen;
  for (const button of event.target.querySelectorAll('button')) button.setAttribute('aria-pressed', button === event.submitter);
  const body = new FormData(event.target);
  body.set(name, chosen);
  fetch(event.target.action, { method: 'POST', body, redirect: 'manual', keepalive: true }).catch(() => {});
}, true);

// Suggestions come when one comes to a field of tags.
for (const name of ['focusin', 'input']) document.addEventListener(name, event => { if (event.target.matches?.('[data-tags]')) import('./tags.js').then(({ suggest }) => suggest(event.target)); });

// What could be typed next in the search box. The module for it comes when the box is entered.
const box = document.getElementById('q');
box?.addEventListener('focus', () => import('./offers.js'), { once: true });

// What is dropped or pasted on any page is uploaded. The module for it comes when the first file is in sight.
if (document.querySelector('a[data-upload]')) {
  const uploads = () => import('./upload.js');
  let ours = false;                              // a picture of the page itself is being dragged
  addEventListener('dragstart', () => { ours = true; });
  addEventListener('dragend', () => { ours = false; });
  for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) addEventListener(name, event => {
    if (ours || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    const given = name === 'drop' ? [...event.dataTransfer.items].filter(one => one.kind === 'file').map(one => one.webkitGetAsEntry?.() ?? one.getAsFile()) : [];
    uploads().then(upload => { upload.veil(name === 'dragenter' || name === 'dragover'); if (given.length) upload.bring(given); });
  });
  addEventListener('paste', event => {
    const files = [...event.clipboardData?.files ?? []];
    if (!files.length || event.target.closest?.('input, textarea, [contenteditable]')) return;
    event.preventDefault();
    uploads().then(upload => upload.bring(files));
  });
}

// The clipboard needs HTTPS, which a gallery at home has not: there the text is selected, and copied the old way.
async function copy(element) {
  getSelection().selectAllChildren(element);
  let done = false;
  try { await navigator.clipboard.writeText(element.textContent); done = true; } catch { done = document.execCommand('copy'); }
  say(done ? gettext('Copied.') : gettext('Selected: press Ctrl+C.'));
}
