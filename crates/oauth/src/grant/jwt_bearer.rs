//! A JWT by which a trusted issuer names the person for whom the client acts: RFC 7523 §2.1, §3, §3.1; RFC 7521 §4.1.
//!
//! ```text
//! assertion ── trusted issuer, its keys, now ──▶ Named │ Fault
//! Named, the account, the client ──▶ new authorization that ends with its access token; no refresh token
//! ```
//!
//! A lost assertion is good for whoever may use the grant, so each is taken [`Once`], on every node.

mod assertion;

pub use assertion::{Assertion, Fault, Named, Once, Subject};

use crate::access_token::{Bearer, Terms};
use crate::active::{self, Standing};
use crate::authorization::New;
use crate::client::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::password::Verified;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::policy::{Policy, TrustedIssuer};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The parameters of this grant.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the client brings, or why it cannot be read: a refusal like any other.
    pub assertion: Result<Assertion, Fault>,
    /// What the client asks for; the default if it does not say.
    pub scope: Option<ScopeSet>,
    /// The resources that the tokens are to be for; those of the policy if it does not say (RFC 8707 §2.2).
    pub resources: Vec<String>,
}

impl Request {
    /// Parse the parameters.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        Ok(Self {
            assertion: Assertion::parse(form.required("assertion")?),
            scope: form.optional("scope").map(ScopeSet::parse).transpose()?,
            resources: form.all("resource").map(str::to_owned).collect(),
        })
    }

    /// The assertion, and who made it as it says: somebody who is trusted, and for this client. Without that no key is looked
    /// for.
    pub fn trusted<'p>(
        &self,
        client: &Client,
        policy: &'p Policy,
    ) -> Result<(&Assertion, &'p TrustedIssuer), Fault> {
        let assertion = self.assertion.as_ref().map_err(|fault| *fault)?;
        let trusted = policy.capabilities.trusted_issuer(assertion.issuer());
        let trusted = trusted.ok_or(Fault::Issuer)?;
        let may = client.may_use(&GrantType::JwtBearer) && trusted.is_for(client);
        if may { Ok((assertion, trusted)) } else { Err(Fault::Client) }
    }
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What the assertion says, once it is verified.
    pub assertion: Result<Named, Fault>,
    /// The account that it names; `None` if there is none.
    pub user: Option<Verified>,
    /// How the client is doing.
    pub client: Standing,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Take the assertion and make the authorization, both or neither; then issue from it. Where the assertion has been taken
    /// before, answer [`INVALID`].
    Issue(Box<Issue>),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// What is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What is used up.
    pub once: Once,
    /// The row to make, by which the person sees and ends it.
    pub authorization: New,
    /// The access token. There is never a refresh token (RFC 7521 §4.1).
    pub access: Terms,
}

/// Decide one request of an authenticated client.
pub fn decide(
    request: &Request,
    client: &Client,
    facts: &Facts,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    match check(request, client, facts, policy) {
        Ok((named, bearer, scope, audience)) => {
            // The person has not signed in here.
            let own = Terms::of_client(client, scope, policy, now);
            let access = Terms { user: Some(bearer), audience, ..own };
            let authorization = New {
                // Nothing can be refreshed from it, so it lives as long as its one access token.
                expires_at: Some(access.expires_at),
                ..New::live(bearer.id, GrantType::JwtBearer, &access)
            };
            let once = named.once.clone();
            Decision::Issue(Box::new(Issue { once, authorization, access }))
        }
        Err(error) => Decision::Refuse(error),
    }
}

fn check<'a>(
    request: &Request,
    client: &Client,
    facts: &'a Facts,
    policy: &Policy,
) -> Result<(&'a Named, Bearer, ScopeSet, Vec<String>), OAuthError> {
    if !client.may_use(&GrantType::JwtBearer) {
        return Err(UNAUTHORIZED);
    }
    let named = facts.assertion.as_ref().map_err(|_| INVALID)?;
    let trusted = policy.capabilities.trusted_issuer(&named.once.issuer).ok_or(INVALID)?;
    if !trusted.is_for(client) {
        return Err(INVALID);
    }
    // Whatever is wrong with the account, the words are the same: the client must not learn who has one here.
    let user = facts.user.ok_or(INVALID)?;
    active::admit(&active::Facts::of_user(user.standing, facts.client)).map_err(|_| INVALID)?;
    let mut allowed = policy.scope_allowed_to(client);
    if let Some(most) = &trusted.scope {
        allowed = allowed.intersection(most);
    }
    let scope = policy.grant_scope_of(request.scope.as_ref(), &allowed)?;
    let audience = policy.audience_for(&request.resources)?;
    Ok((named, user.bearer, scope, audience))
}

/// What every refused assertion is answered (RFC 7521 §4.1.1), whatever is wrong with it or with the account.
pub const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "the assertion is not valid here: it has to be signed by an issuer that this server trusts, for this server alone, name \
     an account, and be fresh and unused",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{BAD, NOW, bearer, client, client_id, policy, public_client, scope};

    fn named() -> Named {
        let issuer = "https://partner.example".to_owned();
        let once = Once { issuer, id: "one".to_owned(), expires_at: NOW };
        Named { once, subject: Subject::UserId(bearer().id) }
    }

    fn facts() -> Facts {
        let user = Verified { bearer: bearer(), standing: Standing::Good };
        Facts { assertion: Ok(named()), user: Some(user), client: Standing::Good }
    }

    fn request(asked: Option<&str>) -> Request {
        Request { assertion: Err(Fault::Form), scope: asked.map(scope), resources: Vec::new() }
    }

    fn check(asked: Option<&str>, client: &Client, policy: &Policy, expected: &str) {
        let actual = match decide(&request(asked), client, &facts(), policy, NOW) {
            Decision::Issue(issue) => {
                assert_eq!(issue.once, named().once);
                assert_eq!(issue.access.user, Some(bearer()));
                assert_eq!(issue.access.client_epoch, client.epoch);
                assert_eq!(issue.access.authenticated_at, None);
                let row = &issue.authorization;
                assert_eq!((row.user, &row.client), (bearer().id, &client.id));
                assert_eq!((&row.grant, &row.scope), (&GrantType::JwtBearer, &issue.access.scope));
                assert_eq!(row.expires_at, Some(issue.access.expires_at));
                format!("issue {}", issue.access.scope)
            }
            Decision::Refuse(error) => error.code().to_string(),
        };
        assert_eq!(actual, expected, "{asked:?}");
    }

    fn limited(to: &str) -> Policy {
        let mut policy = policy();
        policy.capabilities.trusted_issuers[0].scope = Some(scope(to));
        policy
    }

    /// R6749-3.3-b
    #[test]
    fn the_scope_lies_within_what_policy_client_and_issuer_allow() {
        check(None, &client(), &policy(), "issue read write");
        check(None, &public_client(), &policy(), "issue read write");
        check(Some("admin"), &client(), &policy(), "issue admin");
        check(Some("sudo"), &client(), &policy(), "invalid_scope");
        check(None, &client(), &limited("read admin"), "issue read");
        check(Some("admin"), &client(), &limited("read admin"), "issue admin");
        check(Some("read write"), &client(), &limited("read admin"), "invalid_scope");
        check(None, &client(), &limited("admin"), "invalid_scope");
        let narrow = Client { scope: Some(scope("write")), ..client() };
        check(None, &narrow, &policy(), "issue write");
        check(Some("read"), &narrow, &policy(), "invalid_scope");
        check(None, &narrow, &limited("read"), "invalid_scope");
        // Whoever has not signed in here is not told about either.
        check(Some("openid"), &client(), &policy(), "invalid_scope");
    }

    /// Whose keys would be fetched is a question only of those who may use the grant.
    #[test]
    fn no_key_is_looked_for_unless_client_and_issuer_may() {
        let part = |json: &str| crate::base64url::encode(json.as_bytes());
        let jwt = |issuer: &str| {
            let payload = part(&format!(r#"{{"iss":"{issuer}"}}"#));
            format!("assertion={}.{payload}.{}", part(r#"{"alg":"ES256"}"#), part("x"))
        };
        let mut without = client();
        without.grant_types.remove(&GrantType::JwtBearer);
        for (issuer, client, expected) in [
            ("https://partner.example", client(), None),
            ("https://partner.example", without, Some(Fault::Client)),
            ("https://other.example", client(), Some(Fault::Issuer)),
        ] {
            let form = Form::parse(jwt(issuer).as_bytes()).unwrap();
            let request = Request::parse(&form).unwrap();
            assert_eq!(request.trusted(&client, &policy()).err(), expected, "{issuer}");
        }
    }

    /// R6749-5.2-c
    #[test]
    fn the_client_has_the_grant_and_is_one_of_those_that_the_issuer_is_for() {
        let mut without = client();
        without.grant_types.remove(&GrantType::JwtBearer);
        check(None, &without, &policy(), "unauthorized_client");
        let mut others = policy();
        others.capabilities.trusted_issuers[0].clients = Some([client_id("other")].into());
        check(None, &client(), &others, "invalid_grant");
        // Somebody is trusted, but not the one who signed.
        let mut another = policy();
        another.capabilities.trusted_issuers[0].issuer = "https://other.example".to_owned();
        check(None, &client(), &another, "invalid_grant");
    }

    /// R7523-2.1-a, R21-4.3.3-d
    #[test]
    fn every_fault_of_assertion_account_and_client_reads_alike() {
        let refused = Decision::Refuse(INVALID);
        let decide = |facts| decide(&request(None), &client(), &facts, &policy(), NOW);
        assert_eq!(decide(Facts { user: None, ..facts() }), refused);
        for fault in Fault::ALL {
            assert_eq!(decide(Facts { assertion: Err(fault), ..facts() }), refused);
        }
        for standing in BAD {
            let user = Some(Verified { bearer: bearer(), standing });
            assert_eq!(decide(Facts { user, ..facts() }), refused);
            assert_eq!(decide(Facts { client: standing, ..facts() }), refused);
        }
    }

    #[test]
    fn nobody_is_believed_before_they_are_known_to_be_trusted() {
        // {"alg":"EdDSA"}, the issuer, and a signature that nobody has looked at.
        let by = |issuer: &str| {
            let encode = |text: &str| crate::base64url::encode(text.as_bytes());
            let head = encode(r#"{"alg":"EdDSA"}"#);
            let claims = encode(&format!(r#"{{"iss":"{issuer}"}}"#));
            let assertion = Assertion::parse(&format!("{head}.{claims}.{}", "A".repeat(86)));
            Request { assertion, scope: None, resources: Vec::new() }
        };
        let mut policy = policy();
        let fault = |request: Request, policy: &Policy| {
            request.trusted(&client(), policy).map(|found| found.1.issuer.clone())
        };
        let partner = "https://partner.example";
        assert_eq!(fault(by(partner), &policy), Ok(partner.to_owned()));
        assert_eq!(fault(by("https://partner.example/"), &policy), Err(Fault::Issuer));
        assert_eq!(fault(request(None), &policy), Err(Fault::Form));
        policy.capabilities.trusted_issuers[0].clients = Some([client_id("other")].into());
        assert_eq!(fault(by(partner), &policy), Err(Fault::Client));
    }

    #[test]
    fn the_assertion_is_needed_and_one_that_cannot_be_read_is_not_absent() {
        let parse = |body: &str| Request::parse(&Form::parse(body.as_bytes()).unwrap());
        for body in ["scope=read", "assertion="] {
            assert_eq!(parse(body).unwrap_err().code(), ErrorCode::InvalidRequest);
        }
        assert_eq!(parse("assertion=x").unwrap().assertion.unwrap_err(), Fault::Form);
        assert_eq!(parse("assertion=x&scope=%22").unwrap_err().code(), ErrorCode::InvalidScope);
    }
}
