// Uploads: what is chosen, dropped, pasted or photographed, three files at a time, each a request of its own.
// The page of uploads has a panel for it; elsewhere the same panel opens in a dialog.
import { moveInto, say } from './status.js';
import { fill, gettext, ngettext } from './text.js';

const AT_ONCE = 3, WAITS_MS = [1000, 3000, 9000], SILENT_MS = 120_000;      // three tries more, then a person decides
const ROWS = 100, LISTED = 200, LARGEST_PREVIEW = 30e6, PER_FILE = 60_000;  // a small file costs as much as its bytes say and this
const JUNK = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i, VIDEO = /\.(mp4|mov|m4v|avi|mkv|webm|3gp|m2?ts)$/i;

let panel = null, dialog = null, batch = null, lock = null;
let items = [], at = 0, again = [], bad = [], ring = [], finding = 0, halted = false, drawn = 0, spoken = 0, speed = 0, sample = null, title = '';
const sending = new Set();
const part = name => panel.querySelector(`[data-up=${name}]`);
const token = () => document.querySelector('meta[name=csrf]');
const count = test => items.reduce((n, item) => n + test(item), 0);
const unsent = () => sending.size + again.length + items.length - at + finding;

// --- what is brought ----------------------------------------------------------

// Files, or entries of a drop, which may be folders. Entries have to be taken from the event before anything waits.
export async function bring(given) {
  finding++;
  try {
    await open();
    busy();
    for (const [n, one] of given.entries()) {
      if (n % 25 === 24) await new Promise(goOn => setTimeout(goOn));        // a thousand at once would hold up the page
      if (one?.isDirectory !== undefined) await walk(one);
      else if (one) add(one, one.webkitRelativePath || one.name);
    }
  } finally { finding--; draw(); pump(); }
}
async function walk(entry) {
  if (JUNK.test(entry.name)) return;
  if (entry.isFile) {
    const file = await new Promise((found, gone) => entry.file(found, gone)).catch(() => null);
    if (file) add(file, entry.fullPath.replace(/^\//, ''));
    return;
  }
  const reader = entry.createReader();
  const some = () => new Promise((found, gone) => reader.readEntries(found, gone)).catch(() => []);
  for (let found = await some(); found.length; found = await some()) for (const one of found) await walk(one);
}
function add(file, name) {
  if (JUNK.test(name)) return;
  const kept = VIDEO.test(name) || file.type.startsWith('video/') || file.size > +panel.dataset.most || !file.size;
  const item = { file, name, empty: kept, size: kept ? 0 : file.size, state: 'waiting', loaded: 0, tries: 0 };
  items.push(item);
  if (ring.length < ROWS) show(item);
  draw();
  if (items.length - at === 1) pump();
}

// --- sending ------------------------------------------------------------------

function pump() {
  while (!halted && sending.size < AT_ONCE) {
    const item = again.shift() ?? items[at++];
    if (!item) { at = items.length; break; }
    if (item.state === 'waiting') { item.tries = 0; sending.add(item); send(item); }
  }
  if (!unsent()) finished();
}
async function send(item) {
  item.state = 'sending';
  item.tries++;
  show(item);
  let answer;
  try {
    batch ??= begin().catch(error => { batch = null; throw error; });
    const { id } = await batch;
    if (item.state !== 'sending') return done(item);
    answer = await deliver(item, id);
  } catch (error) { answer = error.status === undefined ? { status: 0 } : error; }
  if (item.state !== 'sending') return done(item);
  const { status, said } = answer, wait = WAITS_MS[item.tries - 1];
  if (status === 200 && said?.outcome) return taken(item, said);
  if (status === 503 && said?.code === 'busy') { item.tries--; return later(item, 1500 + Math.random() * 1500); }
  if (status === 403) await renew();
  if ((!status || status >= 500 || [403, 408, 429].includes(status)) && wait) return later(item, wait * (.8 + Math.random() * .4));
  if (status === 401 || (!status && !await reachable())) return halt(item, status);
  failed(item, said?.sentence ?? (status ? gettext('The gallery could not take it. Its log says why.') : gettext('It could not be read or sent.')));
}
function later(item, wait) {
  item.state = 'again';
  show(item);
  item.timer = setTimeout(() => (halted ? halt(item) : send(item)), wait);
}
async function begin() {
  const answer = await fetch('/upload/', { method: 'POST', body: new FormData(panel.querySelector('form')), headers: { Accept: 'application/json', 'X-CSRFToken': token().content } });
  if (answer.status !== 201) throw { status: answer.status, said: await answer.json().catch(() => null) };
  const { batch: id, address } = await answer.json();
  settleAlbum();
  return { id, address };
}
function deliver(item, id) {
  return new Promise(ended => {
    const query = new URLSearchParams({ batch: id, name: item.name, modified: Math.max(0, item.file.lastModified || 0) });
    if (item.empty) { query.set('size', item.file.size); query.set('type', item.file.type); }
    if (item.entry) query.set('again', item.entry);
    const request = item.request = new XMLHttpRequest();
    let silence;
    const heard = () => { clearTimeout(silence); silence = setTimeout(() => request.abort(), SILENT_MS); };
    request.open('POST', `/upload/file/?${query}`);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('X-CSRFToken', token().content);
    request.upload.onprogress = event => { item.loaded = Math.max(item.loaded, event.loaded); heard(); draw(); };
    request.onloadend = () => {
      clearTimeout(silence);
      let said = null;
      try { said = JSON.parse(request.responseText); } catch { /* a page, or nothing */ }
      ended({ status: request.status, said });
    };
    heard();
    request.send(item.empty ? null : item.file);
  });
}
const reachable = () => fetch('/healthz/', { cache: 'no-store' }).then(answer => answer.ok, () => false);
// Signed in anew, or the page open for very long: its token has to be too.
async function renew() {
  const answer = await fetch('/upload/', { headers: { 'HX-Request': 'true' } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const found = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[name=csrfmiddlewaretoken]');
  if (!found) return;
  token().content = found.value;
  document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach(field => { field.value = found.value; });
}

// --- how it ended -------------------------------------------------------------

function done(item) {
  sending.delete(item);
  item.request = null;
  draw();
  pump();
}
function taken(item, said) {
  item.state = said.outcome;
  item.loaded = item.size;
  item.said = said;
  if (said.outcome === 'refused') {
    item.entry = said.entry;
    if (said.code === 'video') listVideo(item);
    else { item.state = said.passing ? 'failed' : 'refused'; listBad(item, said.sentence); }
  }
  show(item);
  done(item);
}
function failed(item, sentence) {
  item.state = 'failed';
  item.said = { sentence };
  listBad(item, sentence);
  show(item);
  done(item);
}
// The gallery cannot be reached, or does not know us any more: nothing is tried until a person, or the network, says so.
function halt(item, status = 0) {
  halted = true;
  item.state = 'waiting';
  again.unshift(item);
  sending.delete(item);
  show(item);
  const line = part('halt');
  line.hidden = false;
  if (status || !line.firstElementChild.textContent) line.firstElementChild.textContent = status === 401 ? gettext('You are signed out. Sign in on another tab; the files wait here.') : gettext('The gallery cannot be reached. The files wait.');
  tell(line.firstElementChild.textContent);
  draw();
}
async function resume() {
  if (!halted) return;
  part('halt').hidden = true;
  part('halt').firstElementChild.textContent = '';
  await renew();
  halted = false;
  pump();
}
function leave(item) {
  if (!['waiting', 'sending', 'again'].includes(item.state)) return;
  const was = item.state;
  item.state = 'left';
  item.loaded = 0;
  clearTimeout(item.timer);
  if (item.row) show(item);
  if (was === 'sending') item.request?.abort();
  if (was === 'again') done(item);
}
function stop() {
  items.filter(item => ['waiting', 'again', 'sending'].includes(item.state)).forEach(leave);
  again = [];
  at = items.length;
  halted = false;
  part('halt').hidden = true;
  draw();
  pump();
}
function retry() {
  const those = bad.filter(item => item.state === 'failed');
  bad = bad.filter(item => !those.includes(item));
  for (const item of those) { item.line?.remove(); item.line = null; item.state = 'waiting'; item.loaded = 0; again.push(item); if (item.row) show(item); }
  drawBad();
  busy();
  pump();
}
async function finished() {
  if (!items.length || part('queue').dataset.at === 'end') return;
  part('queue').dataset.at = 'end';
  removeEventListener('beforeunload', ask);
  lock?.release?.();
  lock = null;
  document.title = title;
  draw();
  const words = summary(), end = part('end'), link = end.querySelector('a'), { address } = await (batch ?? {});
  end.hidden = !address;
  end.firstElementChild.textContent = words;
  if (address) link.href = address;
  link.textContent = count(item => ['added', 'restored'].includes(item.state)) ? gettext('See what was added') : gettext('See this upload');
  if (document.activeElement === part('stop')) link.focus();
  part('stop').hidden = true;
  tell(words);
  if (dialog && !dialog.open) say(words, address ? [[link.textContent, () => { location.href = address; }]] : [], true);
}
function summary() {
  const words = { added: gettext('%(n)s added'), restored: gettext('%(n)s back from the trash'), known: gettext('%(n)s already here'), refused: gettext('%(n)s refused'), failed: gettext('%(n)s failed'), left: gettext('%(n)s left out') };
  return Object.entries(words).map(([state, text]) => [count(item => item.state === state), text]).filter(([n]) => n).map(([n, text]) => fill(text, { n: n.toLocaleString() })).join(', ');
}

// --- painting -----------------------------------------------------------------

// A hundred rows at most; the row of what has ended longest is used again for the next.
function show(item) {
  if (!item.row) {
    if (ring.length < ROWS) part('rows').append((item.row = panel.querySelector('template').content.firstElementChild.cloneNode(true)));
    else {
      const old = ring.findIndex(one => !['waiting', 'sending', 'again'].includes(one.state));
      if (old < 0) return;
      item.row = ring[old].row;
      ring[old].row = null;
      ring.splice(old, 1);
    }
    item.row.item = item;
    ring.push(item);
    preview(item);
  }
  const [, name, go, size, button] = item.row.firstElementChild.children, { state, said } = item;
  name.textContent = name.title = item.name;
  size.textContent = item.size ? bytes(item.size) : '';
  button.hidden = !['waiting', 'sending', 'again'].includes(state);
  button.setAttribute('aria-label', fill(gettext('Leave out %(name)s'), { name: item.name }));
  go.className = `go ${said && state !== 'failed' ? 'ok' : 'quiet'}`;
  if (state === 'sending' && !item.empty) {
    if (!go.querySelector('progress')) { go.replaceChildren(document.createElement('progress')); go.firstChild.className = 'live'; go.firstChild.setAttribute('aria-label', item.name); }
    go.firstChild.max = item.size;
    go.firstChild.value = item.loaded;
    return;
  }
  const words = { waiting: gettext('Waiting'), sending: gettext('Asking'), again: gettext('Trying again'), failed: gettext('Failed'), refused: gettext('Not kept'), left: gettext('Left out') }[state] ?? said.sentence;
  if (!said?.address) { go.textContent = words; return; }
  const link = document.createElement('a');
  link.href = said.address;
  link.textContent = words;
  go.innerHTML = '<svg class="i" aria-hidden="true"><use href="#check"/></svg>';
  go.append(link);
  const image = item.row.querySelector('img') ?? picture(item);
  if (image.getAttribute('src') !== said.thumb) image.src = said.thumb;
}
function picture(item) {
  const image = new Image(48, 40);
  image.alt = '';
  image.loading = 'lazy';
  image.decoding = 'async';
  item.row.firstElementChild.firstElementChild.replaceWith(image);
  return image;
}
// The picture itself at once, where the browser can draw it; the address is let go as soon as it is drawn.
function preview(item) {
  const { file } = item;
  if (!/^image\/(jpeg|png|webp|gif|avif)$/.test(file.type) || file.size > LARGEST_PREVIEW) { blank(item); return; }
  const image = picture(item), address = URL.createObjectURL(file);
  image.onload = image.onerror = event => {
    URL.revokeObjectURL(address);
    image.onload = image.onerror = null;
    if (event.type === 'error' && image.isConnected && image.src === address) blank(item);
  };
  image.src = address;
}
function blank(item) {
  const none = document.createElement('span');
  none.className = 'noimg';
  item.row?.firstElementChild.firstElementChild.replaceWith(none);
}
function listBad(item, sentence) {
  bad.push(item);
  if (bad.length <= LISTED) {
    item.line = panel.querySelectorAll('template')[1].content.firstElementChild.cloneNode(true);
    const [name, why] = item.line.querySelector('.why').children;
    name.textContent = item.name;
    why.textContent = sentence;
    item.line.querySelector('button').setAttribute('aria-label', fill(gettext('Dismiss %(name)s'), { name: item.name }));
    part('bad-list').append(item.line);
  }
  drawBad();
}
function drawBad() {
  part('bad').hidden = !bad.length;
  part('bad-count').textContent = fill(ngettext('%(n)s not kept', '%(n)s not kept', bad.length), { n: bad.length });
  part('bad-more').textContent = bad.length > LISTED ? fill(gettext('and %(n)s more; the page of this upload lists them all'), { n: bad.length - LISTED }) : '';
  part('retry').hidden = !bad.some(item => item.state === 'failed');
}
function listVideo(item) {
  const n = (part('videos').dataset.n = +(part('videos').dataset.n ?? 0) + 1), line = document.createElement('li');
  part('videos').hidden = false;
  part('video-count').textContent = fill(ngettext('Videos are not kept yet: %(n)s was left where it is', 'Videos are not kept yet: %(n)s were left where they are', n), { n });
  line.textContent = item.name;
  if (n <= LISTED) part('video-list').append(line);
}

let pending;
const draw = () => { pending ??= setTimeout(() => { pending = undefined; paint(); }, 120); };
function paint() {
  if (!panel || !items.length) return;
  let all = 0, sent = 0, allBytes = 0, sentBytes = 0, ended = 0, wanted = 0;
  for (const { state, size, loaded } of items) {
    if (state === 'left') continue;
    const over = !['waiting', 'sending', 'again'].includes(state);
    wanted++;
    ended += over;
    all += size + PER_FILE;
    sent += over ? size + PER_FILE : loaded;
    allBytes += size;
    sentBytes += over ? size : loaded;
  }
  for (const item of sending) show(item);
  const values = { done: ended.toLocaleString(), all: wanted.toLocaleString() }, words = fill(gettext('%(done)s of %(all)s uploaded'), values);
  if (document.getElementById('up-count').textContent !== words) document.getElementById('up-count').textContent = words;
  part('rest').textContent = [fill(gettext('%(sent)s of %(all)s'), { sent: inUnit(sentBytes, ...unit(allBytes).slice(1)), all: bytes(allBytes) }), left(all, sent)].filter(Boolean).join(', ');
  part('total').max = all || 1;
  part('total').value = wanted ? sent : 1;
  const more = items.length - Math.max(at, ROWS);
  part('more').textContent = more > 0 ? fill(ngettext('%(n)s more is waiting', '%(n)s more are waiting', more), { n: more.toLocaleString() }) : '';
  if (unsent()) document.title = fill(gettext('(%(done)s of %(all)s) Uploading'), values);
  if (dialog && !dialog.open && unsent() && drawn !== ended) say(`${words}.`, [[gettext('Show'), unfold]], true);
  drawn = ended;
  if (ended - spoken >= Math.max(10, wanted / 10)) { spoken = ended; tell(words); }
}
// Seconds by the bytes of the last while, newer ones counting more.
function left(all, sent) {
  const now = performance.now();
  if (!sample || sent < sample.sent) sample = { now, sent, first: now };
  if (now - sample.now > 1000) {
    const fresh = (sent - sample.sent) / (now - sample.now);
    speed = speed ? speed * .8 + fresh * .2 : fresh;
    sample = { ...sample, now, sent };
  }
  if (!speed || !unsent() || halted || now - sample.first < 2500) return '';
  const seconds = Math.max(1, Math.round((all - sent) / speed / 1000));
  if (seconds < 100) return fill(gettext('about %(n)s s left'), { n: seconds });
  return seconds < 5400 ? fill(gettext('about %(n)s min left'), { n: Math.round(seconds / 60) }) : fill(gettext('about %(n)s h left'), { n: Math.round(seconds / 3600) });
}
const unit = n => (n < 1e6 ? ['kB', 1e3, 0] : n < 1e9 ? ['MB', 1e6, 1] : ['GB', 1e9, 1]);
function bytes(n, [name, by, digits] = unit(n)) { return `${inUnit(n, by, digits)} ${name}`; }
const inUnit = (n, by, digits) => (n / by).toLocaleString(undefined, { maximumFractionDigits: digits });
const tell = words => { part('said').textContent = words; };

// --- the panel ----------------------------------------------------------------

function busy() {
  if (!title) title = document.title;
  part('queue').hidden = false;
  part('queue').dataset.at = 'work';
  part('end').hidden = true;
  part('stop').hidden = false;
  sample = null;
  addEventListener('beforeunload', ask);
  if (!lock && navigator.wakeLock) { lock = {}; navigator.wakeLock.request('screen').then(given => { lock = given; }, () => {}); }
}
function ask(event) { if (unsent()) event.preventDefault(); }
function pick(kind) {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = kind !== 'camera';
  if (kind === 'folder') input.webkitdirectory = true; else input.accept = kind === 'camera' ? 'image/*' : panel.querySelector('[type=file]').accept;
  if (kind === 'camera') input.capture = 'environment';
  input.dataset.picker = kind;
  input.hidden = true;
  panel.querySelectorAll('[data-picker]').forEach(old => old.remove());
  panel.append(input);
  input.addEventListener('change', () => { const files = [...input.files]; input.remove(); bring(files); });
  input.click();
}
// Into which album: told to the gallery at once where the batch has begun, and then settled.
async function album() {
  const form = panel.querySelector('form'), { album: chosen, new_album: named } = form.elements;
  if (!batch || !chosen.value || (chosen.value === 'new' && !named.value.trim())) return;
  try {
    const { address } = await batch;
    const answer = await fetch(`${address}album/`, { method: 'POST', body: new FormData(form), headers: { Accept: 'application/json', 'X-CSRFToken': token().content } });
    const { sentence } = await answer.json();
    say(sentence);
    if (answer.ok) settleAlbum();
  } catch { say(gettext('Not saved.'), [[gettext('Retry'), album]], true); }
}
function settleAlbum() {
  const { album: chosen, new_album: named } = panel.querySelector('form').elements;
  if (chosen.value) chosen.disabled = named.disabled = true;
}
function take(found) {
  panel = found;
  panel.addEventListener('click', event => {
    const button = event.target.closest('[data-up]'), item = button?.closest('li')?.item;
    const todo = { files: () => pick('files'), folder: () => pick('folder'), camera: () => pick('camera'), stop, retry, resume, leave: () => item && leave(item), dismiss: () => { bad = bad.filter(one => one.line !== button.closest('li')); button.closest('li').remove(); drawBad(); } }[button?.dataset.up];
    if (todo) todo();
  });
  panel.querySelector('form').addEventListener('change', event => { if (/album/.test(event.target.name)) album(); });
  panel.querySelector('form').addEventListener('submit', event => { event.preventDefault(); album(); });
}
async function open() {
  if (panel && (!dialog || dialog.isConnected)) { if (dialog && !dialog.open) unfold(); return; }
  opening ??= make().finally(() => { opening = null; });
  await opening;
}
let opening = null;
async function make() {
  const answer = await fetch('/upload/', { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected) { say(gettext('Sign in to upload.')); throw new Error(answer.status); }
  dialog = document.createElement('dialog');
  dialog.className = 'keys uploader';
  dialog.setAttribute('aria-labelledby', 'up-title');
  dialog.innerHTML = `<header><h2 id="up-title"></h2><button type="button" class="btn push" data-up-close></button></header>${await answer.text()}`;
  dialog.querySelector('h2').textContent = gettext('Upload');
  dialog.querySelector('[data-up-close]').textContent = gettext('Close');
  dialog.querySelector('[data-up-close]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    moveInto(document.body);
    if (unsent()) { drawn = -1; draw(); return; }
    dialog.remove();
    panel = dialog = batch = sample = null;
    [items, at, again, bad, ring, spoken, speed, title] = [[], 0, [], [], [], 0, 0, ''];
  });
  document.body.append(dialog);
  take(dialog.querySelector('[data-uploads]'));
  unfold();
}
function unfold() { dialog.showModal(); moveInto(dialog); }

// --- the veil -----------------------------------------------------------------

let cover = null, gone;
export function veil(on) {
  clearTimeout(gone);
  if (!on) { gone = setTimeout(() => cover?.hidePopover(), 60); return; }
  if (!cover) {
    cover = document.createElement('div');
    cover.className = 'veil';
    cover.popover = 'manual';
    cover.innerHTML = '<p></p>';
    cover.firstChild.textContent = gettext('Drop to upload');
    document.body.append(cover);
  }
  if (!cover.matches(':popover-open')) cover.showPopover();
}

addEventListener('online', resume);
const here = document.querySelector('[data-uploads]');
if (here) take(here);
