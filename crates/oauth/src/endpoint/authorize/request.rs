//! An authorization request once its destination is trusted: every check, in the order in which they are made.

use super::destination::Destination;
use super::parameters::Parameters;
use super::prompt::Prompt;
use crate::claims::ClaimsRequest;
use crate::client::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::grant::GrantType;
use crate::pkce::CodeChallenge;
use crate::policy::Policy;
use crate::response::{ResponseMode, ResponseType};
use crate::scope::{ScopeSet, ScopeToken};
use std::time::Duration;

/// How an authorization request reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Its parameters stood in the URL or in a form that the browser sent.
    Front,
    /// In a signed request object.
    Signed,
    /// The client pushed it (RFC 9126); signed or not.
    Pushed {
        /// Whether what was pushed was a signed request object.
        signed: bool,
    },
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where the answer goes.
    pub destination: Destination,
    /// What it wants through the browser.
    pub response_type: ResponseType,
    /// What it wants to be allowed.
    pub scope: ScopeSet,
    /// The commitment of PKCE.
    pub challenge: Option<CodeChallenge>,
    /// Which resources the tokens are to be for.
    pub resources: Vec<String>,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
    /// What the person is to be asked again.
    pub prompt: Prompt,
    /// How long ago the person may have signed in.
    pub max_age: Option<Duration>,
    /// How strongly the person should have signed in, the best first.
    pub acr_values: Vec<String>,
    /// Claims asked for one by one.
    pub claims: ClaimsRequest,
    /// Who the client thinks is there.
    pub login_hint: Option<String>,
    /// An ID token of whom the client thinks is there; not verified yet.
    pub id_token_hint: Option<String>,
    /// The languages that the person prefers.
    pub ui_locales: Vec<String>,
}

impl Request {
    /// Whether an ID token is wanted.
    pub fn is_openid(&self) -> bool {
        contains(&self.scope, "openid")
    }

    /// Whether the client wants to act while the person is away.
    pub fn is_offline(&self) -> bool {
        contains(&self.scope, "offline_access")
    }

    /// Read a request whose destination has been found. Every error goes back to the client there.
    pub fn parse(
        parameters: &Parameters,
        destination: Destination,
        channel: Channel,
        client: &Client,
        policy: &Policy,
    ) -> Result<Self, OAuthError> {
        check_not_repeated(parameters)?;
        check_channel(channel, client, policy)?;
        check_not_offered(parameters)?;
        let response_type = check_response_type(parameters, client, policy)?;
        check_response_mode(parameters, response_type)?;
        let scope = check_scope(parameters, response_type, client, policy)?;
        let challenge = check_pkce(parameters, response_type, client, policy)?;
        let resources = check_resources(parameters, policy)?;
        let nonce = check_nonce(parameters, response_type)?;
        let prompt = Prompt::parse(parameters.one("prompt")?)?;
        let max_age = check_max_age(parameters, client)?;
        let claims = check_claims(parameters, &scope, client, policy)?;
        let words = |name| Ok(words(parameters.one(name)?));
        let mut acr_values: Vec<String> = words("acr_values")?;
        if acr_values.is_empty() {
            acr_values.clone_from(&client.metadata.default_acr_values);
        }
        Ok(Self {
            destination,
            response_type,
            scope,
            challenge,
            resources,
            nonce,
            prompt,
            max_age,
            acr_values,
            claims,
            login_hint: parameters.one("login_hint")?.map(str::to_owned),
            id_token_hint: parameters.one("id_token_hint")?.map(str::to_owned),
            ui_locales: words("ui_locales")?,
        })
    }
}

fn contains(scope: &ScopeSet, name: &str) -> bool {
    scope.iter().any(|token| token.as_str() == name)
}

fn words(text: Option<&str>) -> Vec<String> {
    const MOST: usize = 20;
    let words = text.unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    words.take(MOST).map(str::to_owned).collect()
}

/// RFC 6749 §3.1: no parameter more than once, even with equal values.
fn check_not_repeated(parameters: &Parameters) -> Result<(), OAuthError> {
    let Some(name) = parameters.repeated() else { return Ok(()) };
    parameters.one(name).map(|_| ())
}

/// RFC 9126 §5, RFC 9101 §10.5: who has to push or to sign may not do without.
fn check_channel(channel: Channel, client: &Client, policy: &Policy) -> Result<(), OAuthError> {
    let pushed = matches!(channel, Channel::Pushed { .. });
    let must_push =
        policy.require_pushed_requests || client.metadata.require_pushed_authorization_requests;
    if must_push && !pushed {
        return Err(MUST_PUSH);
    }
    let signed = matches!(channel, Channel::Signed | Channel::Pushed { signed: true });
    if client.metadata.require_signed_request_object && !signed {
        return Err(MUST_SIGN);
    }
    Ok(())
}

/// OIDC Core §3.1.2.6, §7.2.1: what is understood and not offered is refused by its name.
fn check_not_offered(parameters: &Parameters) -> Result<(), OAuthError> {
    match parameters.one("registration")? {
        Some(_) => Err(NO_SELF_ISSUED),
        None => Ok(()),
    }
}

/// RFC 6749 §3.1.1: known, offered here, and registered by this client.
fn check_response_type(
    parameters: &Parameters,
    client: &Client,
    policy: &Policy,
) -> Result<ResponseType, OAuthError> {
    let text = parameters.one("response_type")?.ok_or(NO_RESPONSE_TYPE)?;
    let kind = ResponseType::parse(text).map_err(|_| UNSUPPORTED_RESPONSE_TYPE)?;
    if !policy.capabilities.offers_response(kind) {
        return Err(UNSUPPORTED_RESPONSE_TYPE);
    }
    if !client.metadata.response_types.contains(&kind) {
        return Err(UNREGISTERED_RESPONSE_TYPE);
    }
    if kind.has_code() && !client.may_use(&GrantType::AuthorizationCode) {
        return Err(UNREGISTERED_RESPONSE_TYPE);
    }
    Ok(kind)
}

/// Multiple Response Types §2.1, §5; Form Post Response Mode §2.
fn check_response_mode(parameters: &Parameters, kind: ResponseType) -> Result<(), OAuthError> {
    let Some(text) = parameters.one("response_mode")? else { return Ok(()) };
    let mode = ResponseMode::parse(text).map_err(|_| UNKNOWN_MODE)?;
    if mode.suits(kind) { Ok(()) } else { Err(TOKEN_IN_QUERY) }
}

/// RFC 6749 §3.3; OIDC Core §3.1.2.1, §11: `openid` where an ID token is wanted, `offline_access` only where it can mean
/// something.
fn check_scope(
    parameters: &Parameters,
    kind: ResponseType,
    client: &Client,
    policy: &Policy,
) -> Result<ScopeSet, OAuthError> {
    let asked = parameters.one("scope")?.map(ScopeSet::parse).transpose()?;
    let scope = policy.grant_scope_to_person(asked.as_ref(), client)?;
    if kind.has_id_token() && !contains(&scope, "openid") {
        return Err(NO_OPENID);
    }
    let refreshes = kind.has_code() && policy.refreshes(client);
    let keeps = |token: &&ScopeToken| refreshes || token.as_str() != "offline_access";
    Ok(scope.iter().filter(keeps).cloned().collect())
}

/// RFC 7636 §4.3, §4.4.1, by the rule of the client.
fn check_pkce(
    parameters: &Parameters,
    kind: ResponseType,
    client: &Client,
    policy: &Policy,
) -> Result<Option<CodeChallenge>, OAuthError> {
    if !kind.has_code() {
        return Ok(None);
    }
    let rule = client.metadata.pkce.unwrap_or(policy.pkce);
    let method = parameters.one("code_challenge_method")?;
    CodeChallenge::parse(parameters.one("code_challenge")?, method, rule)
}

/// RFC 8707 §2: absolute, without a fragment, and known here.
fn check_resources(parameters: &Parameters, policy: &Policy) -> Result<Vec<String>, OAuthError> {
    policy.targets(parameters.all("resource").iter().map(String::as_str))
}

/// OIDC Core §3.2.2.1, §3.3.2.11: an ID token through the browser is bound to its request by a nonce.
fn check_nonce(parameters: &Parameters, kind: ResponseType) -> Result<Option<String>, OAuthError> {
    const MOST: usize = 1024;
    match parameters.one("nonce")? {
        Some(nonce) if nonce.len() > MOST => Err(LONG_NONCE),
        None if kind.has_id_token() => Err(NO_NONCE),
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

/// OIDC Core §3.1.2.1, Registration §2.
fn check_max_age(parameters: &Parameters, client: &Client) -> Result<Option<Duration>, OAuthError> {
    let seconds = match parameters.one("max_age")? {
        Some(text) => Some(text.parse::<u32>().map_err(|_| BAD_MAX_AGE)?),
        None => client.metadata.default_max_age,
    };
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.into())))
}

/// OIDC Core §5.5: only together with `openid`; otherwise it has no meaning and is not looked at. A claim of a scope that
/// the client may not have is left out: a voluntary claim is never an error.
fn check_claims(
    parameters: &Parameters,
    scope: &ScopeSet,
    client: &Client,
    policy: &Policy,
) -> Result<ClaimsRequest, OAuthError> {
    match parameters.one("claims")? {
        Some(json) if contains(scope, "openid") => {
            Ok(ClaimsRequest::parse(json)?.limited_to(&policy.person_scope_allowed_to(client)))
        }
        _ => Ok(ClaimsRequest::default()),
    }
}

const MUST_PUSH: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "this request has to be pushed first: send it to the pushed authorization request endpoint (RFC 9126)",
);
const MUST_SIGN: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "this client has to send its request as a signed request object (RFC 9101)",
);
const NO_SELF_ISSUED: OAuthError = OAuthError::new(
    ErrorCode::RegistrationNotSupported,
    "the parameter registration is for self-issued providers; register the client beforehand",
);
const NO_RESPONSE_TYPE: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the parameter response_type is missing; for the code flow send response_type=code",
);
const UNSUPPORTED_RESPONSE_TYPE: OAuthError = OAuthError::new(
    ErrorCode::UnsupportedResponseType,
    "this server does not offer that response_type; its metadata lists the ones it offers",
);
const UNREGISTERED_RESPONSE_TYPE: OAuthError = OAuthError::new(
    ErrorCode::UnauthorizedClient,
    "this client is not registered for that response_type",
);
const UNKNOWN_MODE: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "response_mode must be query, fragment or form_post",
);
const TOKEN_IN_QUERY: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "what carries a token is never sent in a query; use response_mode=fragment or form_post",
);
const NO_OPENID: OAuthError = OAuthError::new(
    ErrorCode::InvalidScope,
    "this response_type gives an ID token, so the scope has to contain openid",
);
const LONG_NONCE: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "nonce has at most 1024 characters");
const NO_NONCE: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the parameter nonce is missing; an ID token through the browser needs one",
);
const BAD_MAX_AGE: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "max_age is a whole number of seconds");
