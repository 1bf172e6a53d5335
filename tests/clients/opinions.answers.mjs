// What each question comes to: ours first, then whoever answers otherwise, with the reason.

export const ANSWERS = {
  'authorize: a good request of somebody unknown': {
    grantwell: '303, sign in, no-store',
    'oauth-as': [
      '403, access_denied, no-store',
      'its host brings the sign-in; without one it says so',
    ],
  },
  'authorize: no client': {
    grantwell: '400, page, no-store',
    'oauth-as': [
      '400, invalid_request, no-store',
      'RFC 6749 §4.1.2.1: the resource owner is told; theirs leaves the page to its host',
    ],
  },
  'authorize: an unknown client': {
    grantwell: '400, page, no-store',
    'oauth-as': [
      '400, invalid_request, no-store',
      'RFC 6749 §4.1.2.1: the resource owner is told; theirs leaves the page to its host',
    ],
  },
  'authorize: an unknown redirect URI': {
    grantwell: '400, page, no-store',
    'oauth-as': [
      '400, invalid_request, no-store',
      'RFC 6749 §4.1.2.1: the resource owner is told; theirs leaves the page to its host',
    ],
  },
  'authorize: a redirect URI with one more character': {
    grantwell: '400, page, no-store',
    'oauth-as': [
      '400, invalid_request, no-store',
      'RFC 6749 §4.1.2.1: the resource owner is told; theirs leaves the page to its host',
    ],
  },
  'authorize: no response type': {
    grantwell: '303, back, invalid_request, state, iss, no-store',
  },
  'authorize: an unknown response type': {
    grantwell: '303, back, unsupported_response_type, state, iss, no-store',
  },
  'authorize: a response type that is not allowed': {
    grantwell: '303, back, unauthorized_client, state, iss, no-store',
    'oidc-provider': [
      '303, back, unsupported_response_type, state, iss, no-store',
      'the server knows `token`, this client may not: RFC 6749 §4.1.2.1 calls that unauthorized_client; theirs does not know it',
    ],
    'oauth-as': [
      '303, back, unsupported_response_type, state, iss, no-store',
      'as oidc-provider',
    ],
  },
  'authorize: no PKCE': {
    grantwell: '303, back, invalid_request, state, iss, no-store',
  },
  'authorize: plain PKCE': {
    grantwell: '303, back, invalid_request, state, iss, no-store',
  },
  'authorize: a challenge that is too short': {
    grantwell: '303, back, invalid_request, state, iss, no-store',
  },
  'authorize: an unknown scope': {
    grantwell: '303, back, invalid_scope, state, iss, no-store',
    'oidc-provider': [
      '303, sign in, no-store',
      'it leaves out what it does not know (RFC 6749 §3.3 allows both); ours says invalid_scope (§4.1.2.1)',
    ],
  },
  'authorize: prompt none without a session': {
    grantwell: '303, back, login_required, state, iss, no-store',
    'oauth-as': [
      '303, back, invalid_scope, state, iss, no-store',
      'it has no OpenID Connect, so `openid` is a scope that it does not know',
    ],
  },
  'authorize: prompt none and login': {
    grantwell: '303, back, invalid_request, state, iss, no-store',
    'oauth-as': [
      '303, back, invalid_scope, state, iss, no-store',
      'it has no OpenID Connect, so `openid` is a scope that it does not know',
    ],
  },
  'authorize: a parameter twice': {
    grantwell: '303, back, invalid_request, state, iss, no-store',
    'oauth-as': [
      '403, access_denied, no-store',
      'RFC 6749 §3.1: a parameter must not come twice; it takes one of them and goes on to its host\'s sign-in',
    ],
  },
  'authorize: an unknown response mode': {
    grantwell: '303, back, invalid_request, state, iss, no-store',
    'oidc-provider': [
      '303, back, unsupported_response_mode, state, iss, no-store',
      'unsupported_response_mode is registered nowhere; RFC 6749 §4.1.2.1 has invalid_request',
    ],
    'oauth-as': [
      '403, access_denied, no-store',
      'it ignores response_mode (RFC 6749 §3.1: unknown parameters are ignored)',
    ],
  },
  'authorize: an unsigned request object': {
    grantwell: '400, page, no-store',
    'oidc-provider': [
      '303, back, request_not_supported, state, iss, no-store',
      'it has request objects switched off (OIDC Core §6.1); ours takes signed ones only and trusts nothing beside a bad one (RFC 9101 §6)',
    ],
    'oauth-as': [
      '403, access_denied, no-store',
      'it is built without request objects and ignores the parameter',
    ],
  },
  'token: a good request': {
    grantwell: '200, token, bearer, no refresh, scope read, no-store',
  },
  'token: no grant type': {
    grantwell: '400, invalid_request, no-store',
  },
  'token: an unknown grant type': {
    grantwell: '400, unsupported_grant_type, no-store',
  },
  'token: a grant that is not allowed': {
    grantwell: '400, unauthorized_client, no-store',
    'oidc-provider': [
      '400, invalid_request, no-store',
      'it looks at the parameters first; ours follows RFC 6749 §5.2: this client is not authorized for the grant',
    ],
    'oauth-as': [
      '400, invalid_grant, no-store',
      'its client is registered for the grant, so the code is what is wrong',
    ],
  },
  'token: an unknown scope': {
    grantwell: '400, invalid_scope, no-store',
    'oidc-provider': [
      '200, token, bearer, no refresh, scope undefined, no-store',
      'it leaves out what it does not know; RFC 6749 §5.2 has invalid_scope',
    ],
  },
  'token: a wrong secret': {
    grantwell: '401, invalid_client, challenge Basic, no-store',
  },
  'token: an unknown client': {
    grantwell: '401, invalid_client, challenge Basic, no-store',
  },
  'token: no client': {
    grantwell: '401, invalid_client, no-store',
    'oidc-provider': [
      '400, invalid_request, no-store',
      'RFC 6749 §5.2 has invalid_client for no client authentication',
    ],
    'oauth-as': [
      '400, invalid_client, no-store',
      'RFC 6749 §5.2 allows 400 and 401; 400 needs no challenge (RFC 9110 §15.5.2)',
    ],
  },
  'token: two ways to authenticate': {
    grantwell: '400, invalid_request, no-store',
  },
  'token: a parameter twice': {
    grantwell: '400, invalid_request, no-store',
    'oauth-as': [
      '200, token, bearer, no refresh, scope read, no-store',
      'RFC 6749 §3.2: a parameter must not come twice',
    ],
  },
  'token: an unknown code': {
    grantwell: '400, invalid_grant, no-store',
  },
  'token: no code': {
    grantwell: '400, invalid_request, no-store',
    'oauth-as': [
      '400, invalid_grant, no-store',
      'RFC 6749 §3.2: an empty parameter counts as left out, and a missing one is invalid_request (§5.2)',
    ],
  },
  'token: an unknown refresh token': {
    grantwell: '400, invalid_grant, no-store',
  },
  'token: JSON instead of a form': {
    grantwell: '415, invalid_request, no-store',
    'oidc-provider': [
      '400, invalid_request, no-store',
      'RFC 6749 §5.2 has 400; RFC 9110 §15.5.16 has 415 for this very case',
    ],
    'oauth-as': [
      '200, token, bearer, no refresh, scope read, no-store',
      'it does not look at the content type; RFC 6749 §4.4.2 demands the form\'s',
    ],
  },
  'token: by GET': {
    grantwell: '405, invalid_request, no-store',
    'oidc-provider': [
      '404',
      'RFC 9110 §15.5.6: the resource is there, the method is not',
    ],
    'oauth-as': [
      '405',
      'the same, without a body',
    ],
  },
  'introspection: an unknown token': {
    grantwell: '200, active false, no-store',
    'oauth-as': [
      'no endpoint',
      'it introspects only when its host declares resource servers',
    ],
  },
  'introspection: no token': {
    grantwell: '400, invalid_request, no-store',
    'oauth-as': [
      'no endpoint',
      'it introspects only when its host declares resource servers',
    ],
  },
  'introspection: no client': {
    grantwell: '401, invalid_client, no-store',
    'oidc-provider': [
      '400, invalid_request, no-store',
      'RFC 7662 §2.3 refers to RFC 6749 §5.2: invalid_client',
    ],
    'oauth-as': [
      'no endpoint',
      'it introspects only when its host declares resource servers',
    ],
  },
  'revocation: an unknown token': {
    grantwell: '200, no-store',
    'oidc-provider': [
      '200',
      'no-store is demanded of tokens only (RFC 6749 §5.1); ours says it everywhere',
    ],
  },
  'revocation: no token': {
    grantwell: '400, invalid_request, no-store',
    'oidc-provider': [
      '400, invalid_request',
      'no-store is demanded of tokens only (RFC 6749 §5.1); ours says it everywhere',
    ],
  },
  'revocation: a wrong secret': {
    grantwell: '401, invalid_client, challenge Basic, no-store',
    'oidc-provider': [
      '401, invalid_client, challenge Basic',
      'no-store is demanded of tokens only (RFC 6749 §5.1); ours says it everywhere',
    ],
  },
};
