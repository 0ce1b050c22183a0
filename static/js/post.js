// A request that changes something: the answer, or an error with `status`, `sentence` and all that was `said`.
export const token = () => document.querySelector('meta[name=csrf]').content;

export async function post(address, values) {
  const body = values instanceof FormData ? values : new URLSearchParams(values);
  const answer = await fetch(address, { method: 'POST', body, keepalive: true, headers: { Accept: 'application/json', 'X-CSRFToken': token() } });
  if (answer.redirected) { location.assign(answer.url); throw new Error('signed out'); }
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(answer.status), { sentence: said.sentence, status: answer.status, said });
  return said;
}
