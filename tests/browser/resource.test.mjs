// The browsable page of a resource: look, create, update, delete, and what a visitor without a session sees.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PASSWORD, account, close, desktop, open, phone, signIn, sound, url } from './house.mjs';

after(close);

// Several rows side by side: their links have to be large enough to hit.
async function someUnicorns() {
  const form = new URLSearchParams({ username: await account(), password: PASSWORD });
  const { access_token: token } = await (await fetch(`${url}/authentication/token/`, { method: 'POST', body: form })).json();
  for (const age of ['1', '2', '3']) {
    const made = await fetch(`${url}/v1/unicorn/`, {
      method: 'POST', headers: { authorization: `Bearer ${token}` }, body: new URLSearchParams({ name: `row ${age}`, age }),
    });
    assert.equal(made.status, 201);
  }
}

for (const [device, options] of [['desktop', desktop], ['phone', phone]]) {
  test(`create, update and delete by form (${device})`, async () => {
    await someUnicorns();
    const page = await open(options);
    await signIn(page, await account());
    await page.goto('/v1/');
    await sound(page, `root-${device}`);
    await page.goto('/v1/unicorn/');
    await sound(page, `unicorns-${device}`);

    const create = page.locator('main form[method=post]:has(input[name=age])').first();
    await create.locator('input[name=name]').fill('<b>fury</b>');
    await create.locator('input[name=age]').fill('-3');
    await create.evaluate((form) => { form.noValidate = true; });
    await create.locator('button[type=submit]').first().click();
    assert.match(await page.locator('main').innerText(), /422/);
    assert.equal(await page.locator('input[name=name]').first().inputValue(), '<b>fury</b>', 'what was typed stays');
    await sound(page, `unicorn-refused-${device}`);

    await page.locator('main form[method=post]:has(input[name=age]) input[name=age]').first().fill('3');
    await page.locator('main form[method=post]:has(input[name=age]) button[type=submit]').first().click();
    const text = await page.locator('main').innerText();
    assert.match(text, /201/);
    assert.match(text, /<b>fury<\/b>/, 'markup in a value stays text');
    await sound(page, `unicorn-created-${device}`);
    const id = /"id":\s*(\d+)/.exec(text)[1];

    await page.goto(`/v1/unicorn/${id}/`);
    await sound(page, `unicorn-${device}`);
    await page.locator('main form[method=post]:has(input[name=age]) input[name=age]').first().fill('4');
    await page.locator('main form[method=post]:has(input[name=age]) button[name=_method][value=PUT]').first().click();
    assert.match(await page.locator('main').innerText(), /"age":\s*4/);

    await page.goto(`/v1/unicorn/${id}/`);
    await page.locator('button[name=_method][value=DELETE]').first().click();
    const gone = await page.goto(`/v1/unicorn/${id}/`);
    assert.equal(gone.status(), 404);
    await sound(page, `unicorn-gone-${device}`);
  });
}

test('a visitor is told to sign in, and comes back afterwards', async () => {
  const page = await open(desktop);
  const answer = await page.goto('/v1/unicorn/');
  assert.equal(answer.status(), 401);
  assert.match(answer.headers()['www-authenticate'], /^Bearer/);
  await sound(page, 'unicorns-visitor');
  await page.locator('main').getByRole('link', { name: /sign in/i }).first().click();
  await page.locator('input[name=username]').fill(await account());
  await page.locator('input[name=password]').fill('quiet harbour lights');
  await page.locator('form:has(input[name=password]) button[type=submit]').click();
  assert.match(page.url(), /\/v1\/unicorn\/$/);
});

test('a form from another site changes nothing', async () => {
  const page = await open(desktop);
  await signIn(page, await account());
  const status = await page.evaluate(async () => {
    const answer = await fetch('/v1/unicorn/', { method: 'POST', body: new URLSearchParams({ name: 'forged', age: '1' }) });
    return answer.status;
  });
  assert.equal(status, 403, 'a session without its CSRF token may not write');
});
