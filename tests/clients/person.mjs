// A person with a browser that has no scripts: keeps cookies, follows redirects on our server, fills in forms, and stops where
// the browser would leave for the client.

import { fresh, register, url } from './house.mjs';

export const PASSWORD = 'quiet harbour lights';

export class Person {
  constructor(username) {
    this.username = username;
    this.cookies = new Map();
  }

  // Opens an authorization request and does what its pages ask. Gives the URL at which the client is called back, or the
  // fields of the form that would be posted to it.
  async approve(request, { press = 'allow' } = {}) {
    const { left, page } = await this.#walk(String(request), press);
    if (!left) throw new Error(`${page.status} at ${page.url}: ${page.body.slice(0, 2000)}`);
    return left;
  }

  // Opens the page to which a device sends people and answers it. Gives the text of the page at the end.
  async answerDevice(address, { press = 'allow' } = {}) {
    const { left, page } = await this.#walk(address, press);
    if (left) throw new Error(`the device's page leads away: ${left}`);
    return page.body;
  }

  // Follows redirects and answers forms until the way leaves the server or a page asks nothing more.
  async #walk(address, press) {
    let answer = await this.#get(address);
    for (let step = 0; step < 12; step += 1) {
      if (answer.location) {
        if (!answer.location.startsWith(url)) return { left: new URL(answer.location) };
        answer = await this.#get(answer.location);
        continue;
      }
      const form = formOf(answer.body, answer.url);
      if (answer.status !== 200 || !form) return { page: answer };
      if (!form.action.startsWith(url)) return { left: form.fields };
      if (form.fields.has('password')) {
        form.fields.set('username', this.username);
        form.fields.set('password', PASSWORD);
      } else {
        form.fields.append(press, press);
      }
      answer = await this.#send(form.action, { method: 'POST', body: form.fields, headers: { origin: url } });
    }
    throw new Error('too many pages');
  }

  #get(address) {
    return this.#send(address, {});
  }

  async #send(address, init) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie && { cookie }), ...init.headers };
    const answer = await fetch(address, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      url: address,
      body: await answer.text(),
      location: location && (location.startsWith('/') ? url + location : location),
    };
  }
}

// The form of a page that is not the one for signing out.
function formOf(html, base) {
  const unescape = (text) => text
    .replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const forms = [...html.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)];
  const form = forms.find(([, action]) => !action.includes('/logout/'));
  if (!form) return undefined;
  const fields = new URLSearchParams();
  for (const [input] of form[2].matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    const value = /value="([^"]*)"/.exec(input)?.[1] ?? '';
    if (name && (!/type="checkbox"/.test(input) || /checked/.test(input))) fields.append(name, unescape(value));
  }
  return { action: new URL(unescape(form[1]), base).href, fields };
}

// Somebody who has just made an account.
export async function somebody() {
  const username = fresh('ann');
  await register(username, PASSWORD);
  return new Person(username);
}
