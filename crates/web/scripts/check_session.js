'use strict';
// A client's page asks with `client_id session_state` and hears whether the person is signed in here as they were then.
const cookie = `${document.body.dataset.cookie}=`;

const browserState = () => {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(cookie));
  return found === undefined ? '' : found.slice(cookie.length);
};

const digest = async (text) => {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

const answer = async (asked, origin) => {
  const parts = typeof asked === 'string' ? /^(.+) ([\w-]+)\.([\w-]+)$/.exec(asked) : null;
  if (parts === null) return 'error';
  const [, client, known, salt] = parts;
  const now = await digest(`${client} ${origin} ${browserState()} ${salt}`);
  return now === known ? 'unchanged' : 'changed';
};

addEventListener('message', async ({ data, origin, source }) => {
  // A page without an origin cannot be answered alone.
  if (source === null || origin === 'null') return;
  source.postMessage(await answer(data, origin).catch(() => 'error'), origin);
});
