// What each server is asked: a name and the request, from what is known of the server.

import { CALLBACK } from './opinions.mjs';

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

function authorize(change = {}, more = '') {
  return (at) => {
    const fields = new URLSearchParams({
      client_id: at.id, redirect_uri: CALLBACK, response_type: 'code', scope: 'read', state: 'kept',
      code_challenge: CHALLENGE, code_challenge_method: 'S256',
    });
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) fields.delete(name);
      else fields.set(name, value);
    }
    return [`${at.metadata.authorization_endpoint}?${fields}${more}`, { redirect: 'manual', headers: { accept: 'text/html' } }];
  };
}

function post(endpoint, fields, { secret, id, headers = {}, more = '' } = {}) {
  return (at) => {
    const basic = btoa(`${encodeURIComponent(id ?? at.id)}:${encodeURIComponent(secret ?? at.secret)}`);
    const auth = secret === null ? {} : { authorization: `Basic ${basic}` };
    const body = new URLSearchParams(typeof fields === 'function' ? fields(at) : fields).toString() + more;
    return [at.metadata[`${endpoint}_endpoint`], {
      method: 'POST', redirect: 'manual', body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...auth, ...headers },
    }];
  };
}

const token = (fields, how) => post('token', fields, how);
const service = { grant_type: 'client_credentials', scope: 'read' };
const code = { grant_type: 'authorization_code', code: 'unknown', redirect_uri: CALLBACK, code_verifier: VERIFIER };

export const QUESTIONS = {
  'authorize: a good request of somebody unknown': authorize(),
  'authorize: no client': authorize({ client_id: undefined }),
  'authorize: an unknown client': authorize({ client_id: 'nobody' }),
  'authorize: an unknown redirect URI': authorize({ redirect_uri: 'https://evil.example/cb' }),
  'authorize: a redirect URI with one more character': authorize({ redirect_uri: `${CALLBACK}/` }),
  'authorize: no response type': authorize({ response_type: undefined }),
  'authorize: an unknown response type': authorize({ response_type: 'magic' }),
  'authorize: a response type that is not allowed': authorize({ response_type: 'token' }),
  'authorize: no PKCE': authorize({ code_challenge: undefined, code_challenge_method: undefined }),
  'authorize: plain PKCE': authorize({ code_challenge_method: 'plain' }),
  'authorize: a challenge that is too short': authorize({ code_challenge: 'short' }),
  'authorize: an unknown scope': authorize({ scope: 'everything' }),
  'authorize: prompt none without a session': authorize({ prompt: 'none', scope: 'openid' }),
  'authorize: prompt none and login': authorize({ prompt: 'none login', scope: 'openid' }),
  'authorize: a parameter twice': authorize({}, '&scope=write'),
  'authorize: an unknown response mode': authorize({ response_mode: 'pigeon' }),
  'authorize: an unsigned request object': authorize({ request: 'eyJhbGciOiJub25lIn0.e30.' }),
  'token: a good request': token(service),
  'token: no grant type': token({ scope: 'read' }),
  'token: an unknown grant type': token({ grant_type: 'magic' }),
  'token: a grant that is not allowed': token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' }),
  'token: an unknown scope': token({ ...service, scope: 'everything' }),
  'token: a wrong secret': token(service, { secret: 'wrong' }),
  'token: an unknown client': token(service, { id: 'nobody' }),
  'token: no client': token(service, { secret: null }),
  'token: two ways to authenticate': token((at) => ({ ...service, client_id: at.id, client_secret: at.secret })),
  'token: a parameter twice': token(service, { more: '&scope=write' }),
  'token: an unknown code': token(code),
  'token: no code': token({ ...code, code: '' }),
  'token: an unknown refresh token': token({ grant_type: 'refresh_token', refresh_token: 'unknown' }),
  'token: JSON instead of a form': token(service, { headers: { 'content-type': 'application/json' } }),
  'token: by GET': (at) => [at.metadata.token_endpoint, {}],
  'introspection: an unknown token': post('introspection', { token: 'unknown' }),
  'introspection: no token': post('introspection', {}),
  'introspection: no client': post('introspection', { token: 'unknown' }, { secret: null }),
  'revocation: an unknown token': post('revocation', { token: 'unknown' }),
  'revocation: no token': post('revocation', {}),
  'revocation: a wrong secret': post('revocation', { token: 'unknown' }, { secret: 'wrong' }),
};
