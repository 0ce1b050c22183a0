// Beside the results: months, models, stars, tags with their counts, where there is room for a column.
const aside = document.querySelector('[data-narrow]');
async function fill() {
  if (aside.dataset.filled || !matchMedia('(min-width: 1000px)').matches) return;
  aside.dataset.filled = '1';
  const answer = await fetch(aside.dataset.narrow, { headers: { 'HX-Request': 'true' } });
  if (answer.ok && !answer.redirected) aside.innerHTML = await answer.text();
}
if (aside) {
  fill().catch(() => {});
  matchMedia('(min-width: 1000px)').addEventListener('change', () => fill().catch(() => {}));
}
