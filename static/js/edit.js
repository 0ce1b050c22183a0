// Words about a picture: each field is saved when one leaves it, or by Ctrl+Enter. Nobody's words are lost to a faster hand.
import { saving } from './marks.js';
import { post } from './post.js';
import { gettext } from './text.js';

const form = () => document.querySelector('[data-edit]');
const seen = field => field.form.elements[`seen_${field.name}`];
const isDirty = field => seen(field) && field.value !== seen(field).value;
let order = Promise.resolve();

function tell(text, ...buttons) {
  const line = form()?.querySelector('[data-f=edited]');
  if (!line) return;
  line.replaceChildren(text, ...buttons.map(([label, act]) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'link';
    made.textContent = label;
    made.addEventListener('click', act);
    return made;
  }).flatMap(made => [' ', made]));
}
function settle(known, name) {
  const all = form()?.elements;
  if (!all) return;
  all.revision.value = known.revision;
  for (const one of ['title', 'caption', 'alt_text', 'tags']) {
    const field = all[one];
    if (!field || (isDirty(field) && one !== name)) continue;           // still being written
    if (field.value !== known[one]) field.value = known[one];
    seen(field).value = known[one];
  }
  for (const heading of document.querySelectorAll('[data-f=name]')) if (known.name && !heading.closest('#large')) heading.textContent = known.title || all.title?.placeholder || known.name;
}
function save(field) {
  if (!isDirty(field) || asked(field)) return;
  tell(gettext('Saving …'));
  order = order.then(() => saving(send(field)));
}
async function send(field) {
  if (asked(field)) return;                                              // nothing is sent behind an open question
  const { name, value, form: { action, elements } } = field;
  try {
    const known = await post(action, [['revision', elements.revision.value], [name, value], [`seen_${name}`, seen(field).value]]);
    if (field.value !== value) seen(field).value = known[name]; else settle(known, name);
    unask(field);
    tell(gettext('Saved'));
  } catch (problem) {
    if (problem.status === 409) ask(field, problem.said.current);
    else tell(problem.sentence ?? gettext('Not saved.'), ...(problem.sentence ? [] : [[gettext('Retry'), () => save(field)]]));
  }
}

// --- somebody else was faster -------------------------------------------------

const asked = field => form()?.querySelector(`[data-ask="${field.name}"]`);
const unask = field => asked(field)?.remove();
function ask(field, current) {
  unask(field);
  const box = document.createElement('div'), said = document.createElement('p'), theirs = document.createElement('p');
  box.className = 'theirs';
  box.dataset.ask = field.name;
  box.setAttribute('role', 'group');
  said.textContent = gettext('Changed elsewhere meanwhile to:');
  said.id = `ask-${field.name}`;
  box.setAttribute('aria-labelledby', said.id);
  theirs.className = 'words';
  theirs.dir = 'auto';
  theirs.textContent = current[field.name] || '–';
  const button = (label, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'btn';
    made.textContent = label;
    made.addEventListener('click', () => { field.form.elements.revision.value = current.revision; seen(field).value = current[field.name]; unask(field); act(); field.focus(); });
    return made;
  };
  box.append(said, theirs, button(gettext('Keep mine'), () => save(field)), ' ', button(gettext('Take theirs'), () => { field.value = current[field.name]; settle(current, field.name); tell(gettext('Saved')); }));
  field.after(box);
  tell(gettext('Not saved: choose above.'));
}

document.addEventListener('change', event => { if (event.target.closest('[data-edit]') && seen(event.target)) save(event.target); });
document.addEventListener('keydown', event => {
  const field = event.target, inside = field.closest?.('[data-edit]');
  if (!inside || event.key !== 'Enter' || event.isComposing || !(event.ctrlKey || event.metaKey || field.tagName === 'INPUT')) return;
  event.preventDefault();
  save(field);
});
