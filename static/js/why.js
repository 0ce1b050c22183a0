// What one rejects for is in the bar of the list; the large view gets it too, when it is opened first.
const reasons = document.querySelectorAll('.bulk [data-key]'), why = document.getElementById('large-reasons');
for (const { value, dataset: { key } } of why ? reasons : []) {
  const button = document.createElement('button'), cap = document.createElement('kbd');
  Object.assign(button, { type: 'button', className: 'btn' });
  Object.assign(button.dataset, { do: 'reason', value: value.slice(7) });
  cap.textContent = key.toUpperCase();
  button.append(value.slice(7), ' ', cap);
  why.append(button);
}
document.querySelector('[popovertarget=large-reasons]')?.toggleAttribute('hidden', !reasons.length);
