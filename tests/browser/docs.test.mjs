// The interactive documentation: Authorize at the first click, a request that is answered, and nothing from anybody else.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PASSWORD, account, close, desktop, open, phone, sound, url } from './house.mjs';

after(close);

for (const [device, options] of [['desktop', desktop], ['phone', phone]]) {
  test(`sign in by Authorize, then list the unicorns (${device})`, async () => {
    const page = await open(options);
    await page.goto('/docs');
    await page.locator('.opblock-get').first().waitFor();
    await sound(page, `docs-${device}`);

    await page.locator('.auth-wrapper button.authorize').first().click();
    const dialog = page.locator('.dialog-ux .modal-ux');
    await dialog.waitFor();
    assert.equal(await dialog.locator('input[data-name=clientId], #client_id_authorizationCode').first().inputValue(), 'grantwell-docs');
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      dialog.locator('.auth-container:has(#client_id_authorizationCode) button.authorize').click(),
    ]);
    await popup.locator('input[name=username]').fill(await account());
    await popup.locator('input[name=password]').fill(PASSWORD);
    await popup.locator('form:has(input[name=password]) button[type=submit]').click();
    await popup.waitForSelector('#allow');
    assert.ok(new URL(popup.url()).searchParams.get('code_challenge'), 'PKCE');
    await Promise.all([popup.waitForEvent('close'), popup.click('#allow')]);
    await dialog.locator('button', { hasText: 'Logout' }).first().waitFor();
    await sound(page, `docs-authorized-${device}`, ['#docs']);
    await dialog.locator('button', { hasText: 'Close' }).first().click();

    const list = page.locator('#operations-Unicorn-list_unicorn');
    await list.locator('.opblock-summary-control').click();
    await list.locator('button', { hasText: 'Try it out' }).click();
    await list.locator('button', { hasText: 'Execute' }).click();
    await list.locator('.live-responses-table .response-col_status').first().waitFor();
    assert.match(await list.locator('.live-responses-table tbody .response-col_status').first().innerText(), /200/);
    await sound(page, `docs-answered-${device}`, ['#docs']);
  });
}

test('the document is the same as JSON and as YAML, and asked again it is not sent again', async () => {
  const first = await fetch(`${url}/openapi.json`);
  const document = await first.json();
  assert.equal(document.openapi, '3.1.1');
  const again = await fetch(`${url}/openapi.json`, { headers: { 'if-none-match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
  const yaml = await fetch(`${url}/openapi.yaml`);
  assert.equal(yaml.headers.get('content-type'), 'application/yaml');
  assert.match(await yaml.text(), /openapi: ['"]?3\.1\.1/);
});
