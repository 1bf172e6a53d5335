// The browsable pages of the bookshop: keys found while typing, scopes to act with, requests as code, raw bodies, every kind of page.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { PASSWORD, account, close, desktop, open, phone, shop, signIn, sound } from './house.mjs';

after(close);

const onShop = (options) => ({ ...options, baseURL: shop });
const narrow = { viewport: { width: 390, height: 844 }, colorScheme: 'light', isMobile: true, hasTouch: true };
let seller;
let token;
let run = 0;

const isbn = () => `978-${String(Date.now()).slice(-7)}${String(run += 1).padStart(3, '0')}`;

async function post(path, body) {
  const answer = await fetch(shop + path, {
    method: 'POST', body: JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

async function book(author, more = {}) {
  return post('/v1/books/', { title: 'Harbour Lights', isbn: isbn(), price: '12.50', binding: 'ebook', author_id: author, ...more });
}

before(async () => {
  seller = await account('seller', shop);
  const form = new URLSearchParams({ username: seller, password: PASSWORD });
  token = (await (await fetch(`${shop}/authentication/token/`, { method: 'POST', body: form })).json()).access_token;
});

async function signedIn(options, username = seller) {
  const page = await open(onShop(options));
  await signIn(page, username);
  return page;
}

const show = (page, operation, view) => page.locator(`#operation-${operation}`).getByLabel(view, { exact: true }).check();

test('keys are found by typing, with the keyboard alone', async () => {
  const [ann, zoe] = [randomUUID(), randomUUID()];
  await post('/v1/authors/', { id: ann, name: `Ann ${ann}` });
  await post('/v1/authors/', { id: zoe, name: `Zoe ${zoe}` });
  const tag = `t${ann.slice(0, 8)}`;
  await post('/v1/tags/', { word: `${tag}-sea` });
  await post('/v1/tags/', { word: `${tag}-storm` });
  const page = await signedIn(desktop);
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url())));
  await page.goto('/v1/books/');
  const author = page.locator('#f-author_id');
  assert.equal(await author.getAttribute('role'), 'combobox');
  await author.focus();
  await page.keyboard.type(`zoe ${zoe}`);
  const option = page.locator('.suggest-list [role=option]');
  await option.first().waitFor();
  assert.match(await option.first().innerText(), /^Zoe/);
  assert.equal(await option.count(), 1, 'only what was looked for');
  assert.equal(await author.getAttribute('aria-expanded'), 'true');
  await sound(page, 'books-suggestions');
  await page.keyboard.press('ArrowDown');
  assert.equal(await author.getAttribute('aria-activedescendant'), await option.first().getAttribute('id'));
  await page.keyboard.press('Enter');
  assert.equal(await author.inputValue(), zoe);
  assert.equal(await author.getAttribute('aria-expanded'), 'false');
  assert.match(await page.locator('.suggest:has(#f-author_id) .suggest-chosen').innerText(), /^Zoe/);
  const searched = asked.filter((url) => url.pathname === '/v1/authors/');
  assert.ok(searched.length > 0 && searched.every((url) => url.searchParams.get('page_size') === '10'), 'never everything');

  const tags = page.locator('#f-tags');
  for (const word of ['sea', 'storm']) {
    await tags.focus();
    await page.keyboard.press('End');
    await page.keyboard.type(`${word === 'sea' ? '' : ', '}${tag}-${word}`);
    await option.filter({ hasText: `${tag}-${word}` }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
  }
  assert.equal(await tags.inputValue(), `${tag}-sea, ${tag}-storm`);
  await author.focus();
  await page.keyboard.press('ArrowDown');
  await option.first().waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#f-author_id-list').isVisible(), false);

  await page.locator('#f-title').fill('By keyboard');
  await page.locator('#f-isbn').fill(isbn());
  await page.locator('#f-price').fill('3.50');
  await page.locator('#operation-write [data-panel=form] button[type=submit]').press('Enter');
  const text = await page.locator('main').innerText();
  assert.match(text, /201 Created/);
  assert.ok(text.includes(zoe) && text.includes(`${tag}-storm`), text);

  await page.locator('#operation-write').getByLabel('Form', { exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  assert.ok(await page.locator('#f-write-raw').isVisible(), 'the tabs are a group of radio buttons');
  assert.equal(await page.locator('#f-title').isVisible(), false);
});

test('without scripts keys are typed and every view is there', async () => {
  const author = randomUUID();
  await post('/v1/authors/', { id: author, name: `Plain ${author}` });
  const page = await signedIn({ ...narrow, javaScriptEnabled: false });
  await page.goto('/v1/books/');
  await page.locator('#f-author_id').fill(author);
  await page.locator('#f-title').fill('No script');
  await page.locator('#f-isbn').fill(isbn());
  await page.locator('#f-price').fill('1');
  await page.locator('#operation-write [data-panel=form] button[type=submit]').click();
  assert.match(await page.locator('main').innerText(), /201 Created/);
  await show(page, 'write', 'Raw body');
  assert.ok(await page.locator('#f-write-raw').isVisible());
  await show(page, 'write', 'Code');
  await show(page, 'write', 'Rust');
  assert.match(await page.locator('#operation-write [data-panel=rust]').innerText(), /reqwest::Client/);
  await page.goto('/v1/books/');
  await page.locator('details.copy-as > summary').click();
  assert.ok(await page.locator('.copy-as [data-panel=curl]').isVisible());
});

test('a person sees what a client with fewer scopes would see, and the server holds them to it', async () => {
  const page = await signedIn(narrow);
  await page.goto('/v1/books/?ordering=price');
  await page.locator('details.acting > summary').click();
  await sound(page, 'books-scopes-open');
  for (const scope of ['sell', 'review']) await page.locator(`input[name="scope:${scope}"]`).uncheck();
  await page.getByRole('button', { name: 'Act with these' }).click();
  assert.equal(new URL(page.url()).search, '?ordering=price', 'back to the same place');
  assert.match(await page.locator('details.acting').innerText(), /fewer scopes than you have/);
  assert.equal(await page.locator('#operation-write').count(), 0);
  assert.match(await page.locator('main').innerText(), /needs the scope sell, which you do not have here/);
  await sound(page, 'books-fewer-scopes');
  const status = await page.evaluate(async () => {
    const csrf = document.querySelector('input[name=csrf_token]').value;
    const answer = await fetch('/v1/tags/', {
      method: 'POST', body: JSON.stringify({ word: 'forbidden' }),
      headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
    });
    return answer.status;
  });
  assert.equal(status, 403);
  await page.locator('input[name="scope:browse"]').uncheck();
  await page.getByRole('button', { name: 'Act with these' }).click();
  assert.match(await page.locator('main').innerText(), /403 Forbidden/);
  await sound(page, 'books-no-scope');
  await page.getByRole('button', { name: 'Act with all' }).click();
  assert.equal(await page.locator('#operation-write').count(), 1);
});

test('what is copied does what the page does', async () => {
  const author = randomUUID();
  await post('/v1/authors/', { id: author, name: `Copied ${author}` });
  const title = `it's "$(echo owned)" \\ \`id\` </script> ${author}`;
  const { id } = await book(author, { title });
  const page = await signedIn(desktop);
  await page.goto(`/v1/books/${id}/`);
  await show(page, 'write', 'Code');
  const code = async (language, panel) => {
    await page.locator('#operation-write').getByLabel(language, { exact: true }).check();
    await page.locator(`#operation-write [data-panel=${panel}] .copy`).first().click();
    const done = page.locator(`#operation-write [data-panel=${panel}] .copy.done`);
    assert.equal(await done.innerText(), 'Copied', 'no permission has to be asked for');
    await page.evaluate(() => document.querySelector('main').append(Object.assign(document.createElement('textarea'), { id: 'pasted' })));
    await page.locator('#pasted').press('Control+V');
    const text = await page.locator('#pasted').inputValue();
    await page.evaluate(() => document.querySelector('#pasted').remove());
    return text;
  };
  const env = { ...process.env, TOKEN: token };
  const curl = (await code('curl', 'curl')).replace('"12.50"', '"13.50"');
  assert.match(curl, /^curl -X PATCH/);
  const changed = JSON.parse(execFileSync('sh', ['-c', `${curl} --silent --fail`], { env, encoding: 'utf8' }));
  assert.deepEqual([changed.title, changed.price], [title, '13.50']);
  const script = (await code('JavaScript', 'javascript')).replace('"12.50"', '"14.50"');
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
  assert.deepEqual([JSON.parse(answer).title, JSON.parse(answer).price], [title, '14.50']);
  await sound(page, 'book-code');

  await page.goto('/v1/books/?search=harbour');
  await page.locator('details.copy-as > summary').click();
  const get = await page.locator('.copy-as [data-panel=curl] code').innerText();
  const rows = JSON.parse(execFileSync('sh', ['-c', `${get} --silent --fail`], { env, encoding: 'utf8' }));
  assert.ok(Array.isArray(rows));
  await sound(page, 'books-copy');
});

for (const [device, options] of [['desktop', desktop], ['phone', phone], ['narrow', narrow]]) {
  test(`every kind of page is sound (${device})`, async () => {
    const author = randomUUID();
    await post('/v1/authors/', { id: author, name: `Author ${author}` });
    const { id } = await book(author);
    const page = await signedIn(options);
    const visits = [
      '/v1/', '/v1/books/', `/v1/books/?author_id=${author}&expand=author,tags&ordering=-price&page_size=1`,
      `/v1/books/${id}/`, `/v1/books/${id}/?expand=author`, '/v1/books/stock/', '/v1/books/?ordering=nothing',
      '/v1/books/0/', '/v1/authors/', `/v1/authors/${author}/`, '/v1/tags/', '/v1/reviews/', '/v1/nothing/',
    ];
    for (const path of visits) {
      await page.goto(path);
      await sound(page, `shop${path.replaceAll(/[^a-z]+/g, '-').replace(author, 'id')}${device}`);
    }
    await page.goto(`/v1/books/${id}/`);
    const shown = page.locator('.suggest:has(#f-author_id) .suggest-chosen');
    await shown.waitFor();
    assert.equal(await shown.innerText(), `Author ${author}`, 'the row behind a key has a name');
    await page.locator('#f-author_id').click();
    await page.locator('.suggest-list [role=option]').first().waitFor();
    await sound(page, `shop-suggestions-${device}`);
    await page.keyboard.press('Escape');
    await show(page, 'reduce', 'Raw body');
    await page.locator('#f-reduce-raw').fill('{"percent": 100}');
    await page.locator('#operation-reduce [data-panel=raw] button[type=submit]').click();
    assert.match(await page.locator('#operation-reduce').innerText(), /\/percent/);
    assert.equal(await page.locator('#f-reduce-raw').inputValue(), '{"percent": 100}');
    await sound(page, `shop-reduce-refused-${device}`);
    await page.locator('#f-reduce-raw').fill('{"percent": 10}');
    await page.locator('#operation-reduce [data-panel=raw] button[type=submit]').click();
    assert.match(await page.locator('main').innerText(), /"reduced": "11.25"/);

    const stranger = await open(onShop(options));
    for (const path of ['/v1/books/', '/v1/authors/']) {
      await stranger.goto(path);
      await sound(stranger, `shop-stranger${path.replaceAll('/', '-')}${device}`);
    }
    await stranger.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Docs' }).click();
    await stranger.locator('.opblock-get').first().waitFor();
  });
}

test('a change by form is about the row that was shown', async () => {
  const author = randomUUID();
  await post('/v1/authors/', { id: author, name: `Seen ${author}` });
  const { id } = await book(author);
  const review = await post('/v1/reviews/', { book_id: id, rating: 2, text: 'Fine.' });
  const [first, second] = [await signedIn(desktop), await signedIn(desktop)];
  const path = `/v1/reviews/${review.id}/`;
  await first.goto(path);
  await second.goto(path);
  const rate = async (page, rating) => {
    await page.locator('#f-rating').fill(rating);
    await page.locator('#operation-write [data-panel=form] button[value=PATCH]').click();
    return page.locator('main').innerText();
  };
  assert.match(await rate(first, '3'), /200 OK/);
  assert.match(await rate(second, '5'), /412 Precondition Failed/);
  assert.equal(await second.locator('#f-rating').inputValue(), '5', 'what was typed stays');
  await sound(second, 'review-too-late');
});
