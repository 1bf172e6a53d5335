//! Whether what a client registers beside its grants holds together and is its to say (RFC 7591 §2, §5; OIDC Registration §2;
//! the logout specifications). Every fault names the member.

use super::uri;
use super::{ApplicationType, ClientMetadata, ConsentRule, Origin};
use crate::access_token::TokenFormat;
use crate::client::field_error::Errors;
use crate::client::keys;
use crate::client::{AuthMethod, GrantType};
use crate::error::Malformed;
use crate::pkce::Pkce;
use crate::policy::Policy;
use crate::redirect_uri::RedirectUri;
use crate::response::ResponseType;
use crate::subject::{Sector, SubjectType};
use std::collections::BTreeSet;
use std::time::Duration;
use url::Url;

/// The most entries of a list.
const MOST: usize = 50;
/// The longest short text, in characters.
const LONGEST: usize = 255;

/// What else is registered of the client, already checked, and what the server offers.
#[derive(Clone, Copy)]
pub(in crate::client) struct Surroundings<'a> {
    /// None if it could not be read.
    pub(in crate::client) auth_method: Option<AuthMethod>,
    pub(in crate::client) grant_types: &'a BTreeSet<GrantType>,
    pub(in crate::client) redirect_uris: &'a [RedirectUri],
    pub(in crate::client) policy: &'a Policy,
}

impl ClientMetadata {
    /// Check every member, and give what is registered: without a default that the grants leave no use for.
    pub(in crate::client) fn checked(&self, around: Surroundings<'_>, errors: &mut Errors) -> Self {
        let mut metadata = self.clone();
        // `code` is the default (RFC 7591 §2), also of a client that has no use for it.
        if !around.grant_types.contains(&GrantType::AuthorizationCode)
            && !self.origin.is_unverified()
            && self.response_types == BTreeSet::from([ResponseType::Code])
        {
            metadata.response_types.clear();
        }
        if let Some(jwks) = &self.jwks {
            metadata.jwks = errors.take("jwks", "invalid", keys::checked(jwks));
        }
        let mut check = Check { metadata: &metadata, around, errors };
        check.responses();
        check.pages();
        check.endpoints();
        check.keys(self.jwks.is_some());
        check.signatures();
        check.lists();
        check.texts();
        check.application_type();
        check.sector();
        check.lifetimes();
        check.privileges();
        metadata
    }

    /// Whether `http` on the own machine will do: for those whom the operator knows, while they develop.
    const fn may_be_local(&self) -> bool {
        !self.origin.is_unverified()
    }
}

struct Check<'a> {
    metadata: &'a ClientMetadata,
    around: Surroundings<'a>,
    errors: &'a mut Errors,
}

impl Check<'_> {
    /// `response_types` are offered and agree with `grant_types` (RFC 7591 §2.1).
    fn responses(&mut self) {
        let offered = &self.around.policy.capabilities;
        let grants = self.around.grant_types;
        for kind in &self.metadata.response_types {
            if kind.has_code() && !grants.contains(&GrantType::AuthorizationCode) {
                self.errors.add(
                    "response_types",
                    "inconsistent",
                    format!("The response type {kind} gives a code, which needs the grant type authorization_code."),
                );
            } else if !offered.offers_response(*kind) {
                let names: Vec<&str> = offered.responses().map(ResponseType::as_str).collect();
                self.errors.add(
                    "response_types",
                    "not_offered",
                    format!(
                        "This server does not offer the response type {kind}. It offers: {}.",
                        names.join(", ")
                    ),
                );
            }
        }
        let has_code = self.metadata.response_types.iter().any(|kind| kind.has_code());
        if grants.contains(&GrantType::AuthorizationCode) && !has_code {
            self.errors.add(
                "response_types",
                "inconsistent",
                "The grant type authorization_code needs a response type that gives a code.",
            );
        }
    }

    /// What people are shown as links.
    fn pages(&mut self) {
        let metadata = self.metadata;
        for (field, text) in [
            ("client_uri", &metadata.client_uri),
            ("logo_uri", &metadata.logo_uri),
            ("tos_uri", &metadata.tos_uri),
            ("policy_uri", &metadata.policy_uri),
        ] {
            self.address(field, text.as_deref(), metadata.may_be_local());
        }
    }

    /// What browsers load or this server asks for.
    fn endpoints(&mut self) {
        let metadata = self.metadata;
        let local = metadata.may_be_local();
        self.address("initiate_login_uri", metadata.initiate_login_uri.as_deref(), false);
        for (field, text) in [
            ("jwks_uri", &metadata.jwks_uri),
            ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
        ] {
            let url = self.address(field, text.as_deref(), local);
            self.no_fragment(field, url.as_ref());
        }
        let field = "frontchannel_logout_uri";
        let url = self.address(field, metadata.frontchannel_logout_uri.as_deref(), local);
        self.no_fragment(field, url.as_ref());
        let known =
            |url: &Url| self.around.redirect_uris.iter().any(|it| uri::same_origin(url, it));
        if url.is_some_and(|url| !known(&url)) {
            self.errors.add(
                field,
                "inconsistent",
                "The front-channel logout address has scheme, host and port of one of the redirect URIs.",
            );
        }
    }

    /// Keys are registered or published, not both (RFC 7591 §2); who signs has some.
    fn keys(&mut self, here: bool) {
        let metadata = self.metadata;
        if here && metadata.jwks_uri.is_some() {
            self.errors.add(
                "jwks",
                "inconsistent",
                "Register the keys in jwks or say where they are in jwks_uri, not both.",
            );
        }
        if let Some(name) = &metadata.request_object_signing_alg {
            self.errors.take("request_object_signing_alg", "invalid", keys::algorithm(name));
        }
        if let Some(name) = &metadata.token_endpoint_auth_signing_alg {
            let makes_macs = self.around.auth_method.is_some_and(AuthMethod::seals_secret);
            let known = if makes_macs {
                keys::mac_algorithm(name).map(drop)
            } else {
                keys::algorithm(name).map(drop)
            };
            self.errors.take("token_endpoint_auth_signing_alg", "invalid", known);
        }
        if metadata.require_signed_request_object && !here && metadata.jwks_uri.is_none() {
            self.errors.add(
                "require_signed_request_object",
                "inconsistent",
                "A client that has to sign its requests has public keys: register jwks or jwks_uri.",
            );
        }
    }

    /// With what is signed for it: each algorithm has a key here (OIDC Registration §2).
    fn signatures(&mut self) {
        let metadata = self.metadata;
        let offered = &self.around.policy.capabilities.signing_algorithms;
        for (field, wanted) in [
            ("id_token_signed_response_alg", metadata.id_token_signed_response_alg),
            ("userinfo_signed_response_alg", metadata.userinfo_signed_response_alg),
        ] {
            if wanted.is_some_and(|wanted| !offered.contains(&wanted)) {
                let names: Vec<&str> = offered.iter().map(|one| one.as_str()).collect();
                let names = names.join(", ");
                self.errors.add(
                    field,
                    "not_offered",
                    format!(
                        "This server does not sign with that algorithm. It has keys for: {names}."
                    ),
                );
            }
        }
    }

    fn no_fragment(&mut self, field: &'static str, url: Option<&Url>) {
        if url.is_some_and(|url| url.fragment().is_some()) {
            self.errors.add(
                field,
                "invalid",
                "The address has no fragment: leave out the # and what follows.",
            );
        }
    }

    fn address(&mut self, field: &'static str, text: Option<&str>, local: bool) -> Option<Url> {
        self.errors.take(field, "invalid", uri::web(text?, local))
    }

    fn lists(&mut self) {
        let metadata = self.metadata;
        let local = metadata.may_be_local();
        self.each("request_uris", &metadata.request_uris, |text| uri::web(text, local).map(drop));
        self.each("allowed_origins", &metadata.allowed_origins, |text| uri::origin(text, local));
        self.each("post_logout_redirect_uris", &metadata.post_logout_redirect_uris, |text| {
            let parsed = RedirectUri::parse(text)?;
            if metadata.origin.is_unverified() {
                fits(&parsed, metadata.application_type)
            } else {
                Ok(())
            }
        });
        self.each("contacts", &metadata.contacts, short);
        self.each("default_acr_values", &metadata.default_acr_values, |text| match short(text) {
            Ok(()) if text.contains(' ') => {
                Err(Malformed("a context class has no spaces: give each as one entry"))
            }
            other => other,
        });
    }

    fn each(
        &mut self,
        field: &'static str,
        texts: &[String],
        rule: impl Fn(&str) -> Result<(), Malformed>,
    ) {
        if texts.len() > MOST {
            self.errors.add(field, "too_many", format!("At most {MOST} are allowed."));
            return;
        }
        for text in texts {
            if let Err(why) = rule(text) {
                let shown: String = text.chars().take(100).collect();
                self.errors.add(field, "invalid", format!("{}: {why}.", shown.escape_debug()));
            }
        }
    }

    fn texts(&mut self) {
        for (field, text) in [
            ("software_id", &self.metadata.software_id),
            ("software_version", &self.metadata.software_version),
        ] {
            if let Some(text) = text {
                self.errors.take(field, "invalid", short(text));
            }
        }
    }

    /// Redirect URIs agree with `application_type`. A person of the operator's may mix them while an application is made.
    fn application_type(&mut self) {
        if !self.metadata.origin.is_unverified() {
            return;
        }
        for redirect in self.around.redirect_uris {
            if let Err(why) = fits(redirect, self.metadata.application_type) {
                self.errors.add(
                    "redirect_uris",
                    "invalid_redirect_uri",
                    format!("{redirect}: {why}."),
                );
            }
        }
    }

    /// A client with pairwise subjects has a sector (OIDC Core §8.1).
    fn sector(&mut self) {
        let named = self.metadata.sector_identifier_uri.as_deref();
        let field = if named.is_some() { "sector_identifier_uri" } else { "subject_type" };
        if named.is_some() || self.metadata.subject_type == SubjectType::Pairwise {
            self.errors.take(field, "invalid", Sector::of(self.around.redirect_uris, named));
        }
        if self.metadata.subject_type == SubjectType::Pairwise
            && self.metadata.access_token_format == Some(TokenFormat::Jwt)
        {
            self.errors.add(
                "access_token_format",
                "invalid",
                "A client with pairwise subjects has sealed access tokens: a JWT would show it the name by which \
                 others know the person.",
            );
        }
    }

    /// Tokens live a day at most, because a revocation is remembered no longer; longer than others only by an operator's word.
    fn lifetimes(&mut self) {
        let (metadata, policy) = (self.metadata, self.around.policy);
        for (field, wanted, of_server) in [
            ("access_token_lifetime", metadata.access_token_lifetime, policy.access_token_lifetime),
            ("id_token_lifetime", metadata.id_token_lifetime, policy.id_token_lifetime),
        ] {
            let Some(seconds) = wanted else { continue };
            let longest = Policy::LONGEST_ACCESS_TOKEN;
            let wanted = Duration::from_secs(seconds.into());
            if wanted.is_zero() || wanted > longest {
                let most = longest.as_secs();
                self.errors.add(field, "invalid", format!("A token lives 1 to {most} seconds."));
            } else if metadata.origin != Origin::Operator && wanted > of_server {
                let most = of_server.as_secs();
                self.errors.add(
                    field,
                    "forbidden",
                    format!("Only an operator may let tokens live longer than {most} seconds."),
                );
            }
        }
    }

    /// What only an operator may say.
    fn privileges(&mut self) {
        if self.metadata.origin == Origin::Operator {
            return;
        }
        if self.metadata.consent == ConsentRule::Trusted {
            self.errors.add(
                "consent",
                "forbidden",
                "Only an operator may say that nobody is asked.",
            );
        }
        let strictness = |rule: Pkce| Pkce::ALL.iter().position(|known| *known == rule);
        let server = self.around.policy.pkce;
        if self.metadata.pkce.is_some_and(|rule| strictness(rule) > strictness(server)) {
            self.errors.add(
                "pkce",
                "forbidden",
                format!("Only an operator may loosen PKCE; here it is {server}."),
            );
        }
    }
}

/// Whether a redirect URI is one of a site, or one of an app (OIDC Registration §2, RFC 8252 §7).
fn fits(redirect: &RedirectUri, kind: ApplicationType) -> Result<(), Malformed> {
    match kind {
        ApplicationType::Native if redirect.is_of_native_app() => Ok(()),
        ApplicationType::Native => Err(Malformed(
            "an application of type native is sent back to a loopback address or to a scheme of its own, such as \
             http://127.0.0.1/cb or com.example.app:/cb",
        )),
        ApplicationType::Web if redirect.is_of_native_app() => Err(NOT_WEB),
        ApplicationType::Web => match Url::parse(redirect.as_str()) {
            Ok(url) if !uri::is_this_machine(&url) => Ok(()),
            _ => Err(NOT_WEB),
        },
    }
}

const NOT_WEB: Malformed = Malformed(
    "an application of type web is sent back to https on a host of its own, not to the person's machine; an app on a device \
     says application_type native",
);

/// A text of one line.
fn short(text: &str) -> Result<(), Malformed> {
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        Err(Malformed("this is a text of 1 to 255 characters without line breaks"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
