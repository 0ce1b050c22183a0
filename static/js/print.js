// The button prints once all pictures are there: what is still on its way would be blank on paper.
const button = document.querySelector('[data-do=print]');
button.hidden = false;
button.addEventListener('click', async () => {
  button.disabled = true;
  await Promise.all([...document.images].map(image => image.decode().catch(() => {})));
  button.disabled = false;
  print();
});
