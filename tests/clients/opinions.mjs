// The servers that are asked for a second opinion: npm oidc-provider in this process, the crate oauth-as in one of its own,
// and ours. Each knows a confidential client with the same redirect URI.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import Provider from 'oidc-provider';
import { application, url } from './house.mjs';

export const CALLBACK = 'https://app.example/cb';
const SECRET = 'a secret of forty characters, for one run';

// Every server by name: where its endpoints are, which client it knows, and how it is closed.
export async function servers() {
  return { grantwell: await ours(), 'oidc-provider': await oidcProvider(), 'oauth-as': await oauthAs() };
}

async function ours() {
  const made = application(
    '--name', 'second opinion', '--grant-type', 'authorization_code', '--grant-type', 'client_credentials',
    '--redirect-uri', CALLBACK);
  return { ...await facts(url, made.client_id, made.client_secret), close() {} };
}

async function oidcProvider() {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'site', client_secret: SECRET, redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'client_credentials', 'refresh_token'], scope: 'openid offline_access read write',
    }],
    scopes: ['openid', 'offline_access', 'read', 'write'],
    features: {
      clientCredentials: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true },
      deviceFlow: { enabled: true }, devInteractions: { enabled: false },
    },
    interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
    pkce: { required: () => true },
  });
  const listener = provider.listen(port, '127.0.0.1');
  await new Promise((resolve) => { listener.once('listening', resolve); });
  return { ...await facts(issuer, 'site', SECRET), close: () => listener.close() };
}

async function oauthAs() {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const child = spawn(process.env.GRANTWELL_SECOND_OPINION, [String(port)], {
    env: { SECRET }, stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let tries = 0; ; tries += 1) {
    try {
      return { ...await facts(issuer, 'site', SECRET), close: () => child.kill() };
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  }
}

async function facts(issuer, id, secret) {
  const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
    .catch(async () => (await fetch(`${issuer}/.well-known/openid-configuration`)).json());
  return { metadata, id, secret };
}

function freePort() {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

// What an answer comes to: the status, the error, where it leads, and the headers that RFCs ask for.
export async function comesTo(answer) {
  const text = await answer.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    // A page for people.
  }
  const said = [String(answer.status)];
  const location = answer.headers.get('location');
  if (location?.startsWith(CALLBACK)) {
    const { search, hash } = new URL(location);
    const fields = new URLSearchParams(search || hash.slice(1));
    said.push('back', fields.get('error') ?? 'code', ...['state', 'iss'].filter((name) => fields.has(name)));
  } else if (location) {
    said.push('sign in');
  } else if (body.error) {
    said.push(body.error);
  } else if (body.active !== undefined) {
    said.push(`active ${body.active}`, ...Object.keys(body).filter((name) => name !== 'active'));
  } else if (body.access_token) {
    said.push('token', body.token_type.toLowerCase(), body.refresh_token ? 'refresh' : 'no refresh', `scope ${body.scope}`);
  } else if (/html/.test(answer.headers.get('content-type') ?? '')) {
    said.push('page');
  }
  const scheme = answer.headers.get('www-authenticate')?.split(' ')[0];
  if (scheme) said.push(`challenge ${scheme}`);
  if (/no-store/.test(answer.headers.get('cache-control') ?? '')) said.push('no-store');
  return said.join(', ');
}
