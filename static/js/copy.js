// A button that copies what stands in a field; where there is no clipboard (plain HTTP) the text is selected instead.
for (const button of document.querySelectorAll('[data-copy]')) {
  const field = document.getElementById(button.dataset.copy), name = button.textContent;
  button.addEventListener('click', async () => {
    field.select();
    const copied = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    button.textContent = copied ? button.dataset.done : button.dataset.select;
    setTimeout(() => { button.textContent = name }, 4000);
  });
}
