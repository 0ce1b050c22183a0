// 100 % in the large view: what is here at once, the largest there is as soon as it came.
export async function zoom({ dialog, cell, panel, still }) {
  const stage = dialog.querySelector('#stage'), figure = dialog.querySelector('figure');
  dialog.classList.add('zoomed');
  dialog.querySelector('[data-do=zoom]').setAttribute('aria-pressed', 'true');
  const size = width => { figure.style.setProperty('--full', `${Math.round(width / devicePixelRatio)}px`); stage.scrollTo((stage.scrollWidth - stage.clientWidth) / 2, (stage.scrollHeight - stage.clientHeight) / 2); };
  size(+cell.dataset.w);
  if (+cell.dataset.w < 1600) return;
  try {
    const { dataset } = await panel(cell), image = new Image();
    if (+dataset.full <= +cell.dataset.w) return;
    image.src = dataset.zoom;
    await image.decode();
    if (still()) { image.alt = figure.querySelector('img').alt; figure.replaceChildren(image); size(Math.min(+dataset.full, image.naturalWidth)); }
  } catch { /* what is here will do */ }
}
