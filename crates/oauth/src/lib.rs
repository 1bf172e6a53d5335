//! The rules of OAuth 2 and OpenID Connect: facts in, decision out.
//!
//! Nothing here reads a clock, draws randomness, touches a file, a socket or a database. A caller
//! *parses* a request, *loads* facts, lets a rule *decide*, then *applies* the decision. So every
//! rule is a plain function that a test can ask anything.
//!
//! Each grant and each endpoint is one file with the same parts in the same order: the RFC
//! sections · `Request` with `parse` · `Facts` · `Decision` · `decide` · tests. A refusal that must
//! be written down (a replay revokes the authorization) is its own variant of `Decision`.
//!
//! | RFC | what | file |
//! |---|---|---|
//! | 6749 §2.3 | client authentication | [`client_auth`] |
//! | 6749 §3.1.2, 8252 §7 | redirect URIs | [`redirect_uri`] |
//! | 6749 §3.2 | parameters of a request | [`form`] |
//! | 6749 §3.2, §5.2 | token endpoint | [`endpoint::token`] |
//! | 6749 §3.3 | scope | [`scope`] |
//! | 6749 §4.3 | password grant | [`grant::password`] |
//! | 6749 §4.4 | client credentials grant | [`grant::client_credentials`] |
//! | 6749 §4.5 | grants that the program brings itself | [`grant::extension`] |
//! | 6749 §5.1 | successful token answer | [`token_response`] |
//! | 6749 §5.2 | errors | [`error`] |
//! | 6749 §6, 9700 §4.14 | refresh with rotation and replay detection | [`grant::refresh_token`] |
//! | 6750 | bearer tokens at a resource | [`bearer`] |
//! | 7009 | revocation | [`endpoint::revoke`], [`revocation`] |
//! | 7523 §2.1 | assertions about people by others who are trusted | [`grant::jwt_bearer`] |
//! | 7591 §2 | facts of a client | [`client`] |
//! | 7591 §3, 7592 | clients that register themselves | [`endpoint::registration`] |
//! | 7662 | introspection | [`endpoint::introspect`] |
//! | 8414 | metadata | [`endpoint::metadata`], [`policy`] |
//! | 8628 | the device grant | [`endpoint::device_authorization`], [`endpoint::device`], [`grant::device_code`], [`device`], [`user_code`] |
//! | 9068 | access tokens as JWTs | [`jwt_access_token`] |
//! | OpenID Connect Core §5 | claims: known, asked for, told | [`claims`] |
//! | OpenID Connect Core §8 | public and pairwise subjects | [`subject`] |
//!
//! **To add a grant**: name it in [`grant::GrantType`], write its file, add a variant to
//! [`grant::TokenRequest`], and list it in [`grant::GrantType::BUILT_IN`]. A program brings its
//! own by [`grant::extension`]. Metadata, the token endpoint and the registration check follow
//! from what [`policy::Capabilities`] offers.

mod base64url;

pub mod access_token;
pub mod active;
pub mod authorization;
pub mod bearer;
pub mod claims;
pub mod client;
pub mod client_assertion;
pub mod client_auth;
pub mod code;
pub mod consent;
pub mod device;
pub mod endpoint;
pub mod error;
pub mod form;
pub mod front_channel_logout;
pub mod grant;
pub mod id;
pub mod id_token;
pub mod issuer;
pub mod json;
pub mod jwt_access_token;
pub mod logout_token;
pub mod pkce;
pub mod policy;
pub mod principal;
pub mod redirect_uri;
pub mod refresh_token;
pub mod resource_server;
pub mod response;
pub mod revocation;
pub mod scope;
pub mod secret;
pub mod session_state;
pub mod subject;
pub mod time;
pub mod token_response;
pub mod user_code;

#[cfg(test)]
mod fixtures;
