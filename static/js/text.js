// Words of the scripts, ready for translation: Django's catalogue provides these where it is loaded.
export const gettext = globalThis.gettext ?? (text => text);
export const ngettext = globalThis.ngettext ?? ((one, many, n) => (n === 1 ? one : many));
// "Picked %(name)s." with {name: "07"}
export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, key) => values[key]);
