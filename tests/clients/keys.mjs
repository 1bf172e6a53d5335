// Key pairs of clients: made for one test, published by value or at an address.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as jose from 'jose';

// A key pair, its public half as a JSON Web Key and the name that both bear.
export async function pair(alg, kid = `${alg}-key`) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { alg, kid, privateKey, jwk, signer: { key: privateKey, kid } };
}

// Runs `use` with the path of a file that holds these public keys.
export function withFile(keys, use) {
  const folder = mkdtempSync(join(tmpdir(), 'grantwell-keys-'));
  try {
    const path = join(folder, 'jwks.json');
    writeFileSync(path, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Serves what `answer` gives, as JSON unless it is text, on `port` or a free one, until `close`.
export async function publish(answer, { port = 0, type = 'application/json' } = {}) {
  const asked = [];
  const listener = createServer((request, reply) => {
    asked.push(request.url);
    const content = answer();
    reply.setHeader('content-type', type);
    reply.end(typeof content === 'string' ? content : JSON.stringify(content));
  });
  await new Promise((resolve) => { listener.listen(port, '127.0.0.1', resolve); });
  return { origin: `http://127.0.0.1:${listener.address().port}`, asked, close: () => listener.close() };
}
