//! The rules of OAuth 2 and OpenID Connect: facts in, decision out.
