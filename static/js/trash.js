// The question before the trash is emptied, as a dialog over the page.
const dialog = document.getElementById('ask');

document.addEventListener('click', event => {
  const does = event.target.closest('[data-do]')?.dataset.do;
  if (!dialog || !['empty', 'shut'].includes(does)) return;
  event.preventDefault();
  if (does === 'empty') dialog.showModal(); else dialog.close();
});
