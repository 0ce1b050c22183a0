// A picture of a share link: arrows go to its neighbours, Escape to all of them; a slideshow goes on by itself.
const SECONDS = 5, find = selector => document.querySelector(selector);
const go = selector => find(selector)?.click();
const ways = { ArrowLeft: 'a[rel=prev]', ArrowRight: 'a[rel=next]', Escape: 'a[data-all]' };

addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !ways[event.key]) return;
  if (event.key === 'Escape' && showing()) return stop();
  go(ways[event.key]);
});

const button = find('[data-show]'), next = find('a[rel=next]'), start = button.textContent;
const showing = () => location.hash === '#show';
let timer;

function show() {
  button.textContent = button.dataset.stop;
  timer = setTimeout(() => next ? location.replace(next.href + '#show') : stop(), SECONDS * 1000);
}
function stop() {
  clearTimeout(timer);
  history.replaceState(null, '', location.pathname);
  button.textContent = start;
}
button.hidden = !next && !showing();
button.addEventListener('click', () => showing() ? stop() : (history.replaceState(null, '', '#show'), show()));
if (showing()) show();
