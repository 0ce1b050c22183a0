// One's own tags, suggested for the word that is being typed after the last comma.
let tags = null;

export async function suggest(field) {
  tags ??= fetch('/tags/').then(answer => answer.json()).then(answer => answer.tags, () => []);
  const names = await tags, before = field.value.slice(0, field.value.lastIndexOf(',') + 1), lead = before && `${before} `;
  let list = field.list;
  if (!list) {
    list = document.createElement('datalist');
    list.id = `${field.id}-list`;
    field.after(list);
    field.setAttribute('list', list.id);
  }
  if (list.dataset.lead === lead) return;
  list.dataset.lead = lead;
  list.replaceChildren(...names.map(name => new Option('', lead + name)));
}
