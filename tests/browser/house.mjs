// A real Chromium against the started server: visits, checks that hold on every page, screenshots on request.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const url = required('GRANTWELL_URL');
// A second server, with more kinds of resources.
export const shop = required('GRANTWELL_SHOP_URL');
export const PASSWORD = 'quiet harbour lights';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = process.env.GRANTWELL_SCREENSHOTS;

export const desktop = { viewport: { width: 1200, height: 900 }, colorScheme: 'light' };
export const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark', isMobile: true, hasTouch: true };

// Without these the browser looks for hosts of its maker at every start.
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

let browser;

export async function open(options) {
  browser ??= await chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
  const context = await browser.newContext({ baseURL: url, ...options });
  const page = await context.newPage();
  page.troubles = [];
  page.on('console', (message) => {
    // A refused request is what some tests ask for; a script or style that was refused is a fault.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.troubles.push(message.text());
  });
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  page.on('request', (request) => {
    const known = [url, shop, 'data:', ...(page.allowed ?? [])];
    if (!known.some((start) => request.url().startsWith(start))) page.troubles.push(`asked ${request.url()}`);
  });
  return page;
}

export async function close() {
  await browser?.close();
  browser = undefined;
}

// What holds on every page: nothing from elsewhere, no scrolling sideways, no WCAG 2.2 AA violation.
// What somebody else wrote and we only show can be left out of the last of these.
export async function sound(page, name, theirs = []) {
  assert.deepEqual(page.troubles, [], `${name}: the browser complained`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name}: the page is ${wide} pixels wider than the window`);
  // Evaluated and not added as a script element, which the page's own policy would refuse.
  await page.evaluate(axe);
  const { violations } = await page.evaluate((exclude) =>
    globalThis.axe.run({ exclude }, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }), theirs);
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' · ')}`);
  assert.deepEqual(told, [], `${name}: axe found violations`);
  if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
  }
}

export async function signIn(page, username, password = PASSWORD) {
  await page.goto('/accounts/login/');
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form:has(input[name=password]) button[type=submit]').click();
}

export async function account(prefix = 'person', server = url) {
  const username = prefix + randomBytes(5).toString('hex');
  const answer = await fetch(`${server}/authentication/register/`, {
    method: 'POST',
    body: new URLSearchParams({ username, password: PASSWORD }),
  });
  assert.equal(answer.status, 201, await answer.text());
  return username;
}

// An application made by command: its id and secret.
export function application(...args) {
  return JSON.parse(command(['application', 'create', '--json', ...args]));
}

export function superuser() {
  const username = `admin${randomBytes(5).toString('hex')}`;
  command(['createsuperuser', '--username', username, '--email', `${username}@example.org`], PASSWORD);
  return username;
}

export function command(args, input = '') {
  const env = { ...process.env };
  if (process.env.GRANTWELL_DATABASE) env.DATABASE_URL = process.env.GRANTWELL_DATABASE;
  return execFileSync(required('GRANTWELL_BINARY'), args, {
    cwd: required('GRANTWELL_FOLDER'), env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function chromiumPath() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error('no Chromium on the path: install the package `chromium`');
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by \`cargo xtask test browser\``);
  return value;
}
