// What looks like this picture comes when the rest of its page stands; the link to all of it is there anyway.
const section = document.querySelector('[data-alike]');

async function fetchAlike() {
  const answer = await fetch(section.dataset.alike, { headers: { 'HX-Request': 'true' } });
  if (answer.ok && !answer.redirected) section.querySelector('[data-f=alike]').innerHTML = await answer.text();
}
const watcher = new IntersectionObserver(seen => {
  if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
  watcher.disconnect();
  fetchAlike().catch(() => {});
}, { rootMargin: '200px' });
if (section) watcher.observe(section);
