// On every page: the help of the keys, light and dark without a reload, the password shown on request.
import { act } from './keys.js';
import './status.js';

document.addEventListener('click', event => {
  const button = event.target.closest('[data-do]');
  if (button?.dataset.do === 'help') { document.getElementById('account')?.hidePopover(); act('help'); }
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
