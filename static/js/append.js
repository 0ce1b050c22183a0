// Older pictures join the page as one scrolls, up to a number a browser carries easily; then the link is a link.
const AT_MOST = 600;
const older = () => document.querySelector('a[data-older]');
const count = () => document.querySelectorAll('[data-list] .item').length;

async function append(link) {
  link.removeAttribute('data-older');          // once
  const answer = await fetch(link.href, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected) return;
  const arrived = new DOMParser().parseFromString(await answer.text(), 'text/html'), list = document.querySelector('[data-list]');
  const day = section => section?.querySelector('time')?.dateTime.slice(0, 10);
  const [first] = arrived.querySelectorAll('.day'), last = [...list.querySelectorAll('.day')].at(-1);
  if (list.closest('.timeline, [data-by-day]') && first && day(first) === day(last)) {          // a day cut by the page
    last.querySelector('.rows').append(...first.querySelector('.rows').children);
    first.remove();
  }
  list.append(...arrived.querySelector('[data-list]').children);
  const pager = arrived.querySelector('.pager'), here = document.querySelector('.pager');
  here.lastElementChild.replaceWith(pager.lastElementChild);
  if (older() && count() >= AT_MOST) older().removeAttribute('data-older');
  watch();
}
const watcher = new IntersectionObserver(seen => { for (const { isIntersecting, target } of seen) if (isIntersecting) { watcher.unobserve(target); append(target).catch(() => {}); } }, { rootMargin: '1200px' });
function watch() { const link = older(); if (link && count() < AT_MOST) watcher.observe(link); }
watch();
