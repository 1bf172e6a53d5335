//! What is advertised works and what works is advertised: every switch, turned off and on.

use futures_util::future::BoxFuture;
use grantwell_web as web;
use oauth::client::keys::KeySource;
use oauth::client::{Client, GrantType};
use oauth::error::OAuthError;
use oauth::grant::extension::Permit;
use oauth::pkce::Pkce;
use oauth::policy::{SelfRegistration, TrustedIssuer};
use oauth::response::ResponseType;
use serde_json::Value;

use crate::authorize::{VERIFIER, request};
use crate::world::{World, on_sqlite_with};

/// One switch of a server.
struct Switch {
    name: &'static str,
    set: fn(&mut web::Settings, bool),
    /// Whether the metadata says that it is on.
    advertised: fn(&Value) -> bool,
    /// Whether it is on.
    works: for<'a> fn(&'a World) -> BoxFuture<'a, bool>,
}

fn has(json: &Value, member: &str, word: &str) -> bool {
    json[member].as_array().is_some_and(|words| words.iter().any(|one| one == word))
}

/// A client that may do everything.
async fn site(world: &World) -> String {
    world
        .site("site", |client: &mut Client| {
            client.grant_types = GrantType::BUILT_IN.into();
            client.grant_types.insert(extension());
            client.metadata.response_types = ResponseType::ALL.into();
        })
        .await
}

/// Whether the token endpoint knows the grant, whatever it thinks of the rest of the request.
async fn grants(world: &World, grant: &str) -> bool {
    let secret = site(world).await;
    let fields = [("grant_type", grant)];
    let answer = world.post_as("/o/token/", ("site", &secret), &fields).await.json();
    answer["error"] != "unsupported_grant_type"
}

/// Whether there is anything at this path.
async fn serves(world: &World, path: &str) -> bool {
    world.get(path).await.status != 404
}

/// Whether the authorization endpoint goes on to a page for a person.
async fn authorizes(world: &World, more: &[(&str, &str)]) -> bool {
    site(world).await;
    let answer = world.get(&request("site", more)).await;
    answer.header("location").starts_with("/accounts/login/")
}

fn set_grant(settings: &mut web::Settings, grant: GrantType, on: bool) {
    if on {
        settings.policy.capabilities.offer(grant);
    } else {
        settings.policy.capabilities.withdraw(&grant);
    }
}

struct Badge;

impl web::ExtensionGrant for Badge {
    fn grant_type(&self) -> &'static str {
        "urn:stable:grant-type:badge"
    }

    async fn permit(&self, _: web::Asked<'_>) -> Result<Permit, OAuthError> {
        Ok(Permit::for_client())
    }
}

fn extension() -> GrantType {
    GrantType::parse("urn:stable:grant-type:badge").unwrap()
}

/// A switch that is a grant with a path or a rule of its own.
macro_rules! grant {
    ($name:literal, $grant:expr) => {
        Switch {
            name: $name,
            set: |settings, on| set_grant(settings, $grant, on),
            advertised: |json| has(json, "grant_types_supported", $grant.as_str()),
            works: |world| Box::pin(async move { grants(world, $grant.as_str()).await }),
        }
    };
}

/// A switch that is an endpoint.
macro_rules! endpoint {
    ($field:ident, $member:literal, $path:literal) => {
        Switch {
            name: $member,
            set: |settings, on| {
                settings.policy.capabilities.endpoints.$field = on.then(|| $path.to_owned());
            },
            advertised: |json| json.get($member).is_some(),
            works: |world| Box::pin(serves(world, $path)),
        }
    };
}

fn endpoints() -> Vec<Switch> {
    vec![
        endpoint!(authorization, "authorization_endpoint", "/o/authorize/"),
        endpoint!(pushed_authorization_request, "pushed_authorization_request_endpoint", "/o/par/"),
        endpoint!(token, "token_endpoint", "/o/token/"),
        endpoint!(
            device_authorization,
            "device_authorization_endpoint",
            "/o/device-authorization/"
        ),
        endpoint!(userinfo, "userinfo_endpoint", "/o/userinfo/"),
        endpoint!(end_session, "end_session_endpoint", "/o/logout/"),
        endpoint!(check_session, "check_session_iframe", "/o/check-session/"),
        endpoint!(jwks, "jwks_uri", "/.well-known/jwks.json"),
        endpoint!(revocation, "revocation_endpoint", "/o/revoke_token/"),
        endpoint!(introspection, "introspection_endpoint", "/o/introspect/"),
        Switch {
            name: "registration_endpoint",
            set: |settings, on| {
                settings.policy.self_registration =
                    if on { SelfRegistration::Anybody } else { SelfRegistration::Closed };
            },
            advertised: |json| json.get("registration_endpoint").is_some(),
            works: |world| Box::pin(serves(world, "/o/register/")),
        },
    ]
}

fn grant_types() -> Vec<Switch> {
    vec![
        grant!("authorization code", GrantType::AuthorizationCode),
        grant!("client credentials", GrantType::ClientCredentials),
        grant!("device code", GrantType::DeviceCode),
        grant!("password", GrantType::Password),
        grant!("refresh token", GrantType::RefreshToken),
        Switch {
            name: "JWT bearer",
            set: |settings, on| {
                let trusted = TrustedIssuer::new("https://partner.example", KeySource::None);
                settings.policy.capabilities.trusted_issuers =
                    on.then_some(trusted).into_iter().collect();
            },
            advertised: |json| has(json, "grant_types_supported", GrantType::JwtBearer.as_str()),
            works: |world| {
                Box::pin(async move { grants(world, GrantType::JwtBearer.as_str()).await })
            },
        },
        Switch {
            name: "extension",
            set: |settings, on| {
                if on {
                    settings.offer(web::Extension::new(Badge).unwrap());
                }
            },
            advertised: |json| has(json, "grant_types_supported", extension().as_str()),
            works: |world| Box::pin(async move { grants(world, extension().as_str()).await }),
        },
    ]
}

fn requests() -> Vec<Switch> {
    vec![
        Switch {
            name: "OpenID Connect",
            set: |settings, on| settings.policy.capabilities.openid = on,
            advertised: |json| has(json, "scopes_supported", "openid"),
            works: |world| Box::pin(authorizes(world, &[("scope", "openid")])),
        },
        Switch {
            name: "the code flow",
            set: |settings, on| set_grant(settings, GrantType::AuthorizationCode, on),
            advertised: |json| has(json, "response_types_supported", "code"),
            works: |world| Box::pin(authorizes(world, &[])),
        },
        Switch {
            name: "the implicit flow",
            set: |settings, on| {
                if on {
                    let capabilities = settings.policy.capabilities.clone();
                    settings.policy.capabilities =
                        capabilities.allowing_response(ResponseType::Token);
                }
            },
            advertised: |json| {
                let told = has(json, "response_types_supported", "token");
                assert_eq!(told, has(json, "grant_types_supported", "implicit"), "{json}");
                told
            },
            works: |world| {
                Box::pin(authorizes(world, &[("response_type", "token"), ("response_mode", "")]))
            },
        },
        Switch {
            name: "plain PKCE",
            set: |settings, on| {
                settings.policy.pkce = if on { Pkce::AllowPlain } else { Pkce::Required };
            },
            advertised: |json| has(json, "code_challenge_methods_supported", "plain"),
            works: |world| {
                let plain = [("code_challenge", VERIFIER), ("code_challenge_method", "plain")];
                Box::pin(async move { authorizes(world, &plain).await })
            },
        },
        Switch {
            name: "requests that have to be pushed",
            set: |settings, on| settings.policy.require_pushed_requests = on,
            advertised: |json| json["require_pushed_authorization_requests"] == true,
            works: |world| Box::pin(async move { !authorizes(world, &[]).await }),
        },
    ]
}

/// R8414-2-b
#[tokio::test]
async fn what_is_advertised_works_and_what_works_is_advertised() {
    for switch in [endpoints(), grant_types(), requests()].into_iter().flatten() {
        for on in [false, true] {
            on_sqlite_with(
                |settings| (switch.set)(settings, on),
                |world| async move {
                    let json = world.get("/.well-known/oauth-authorization-server").await.json();
                    assert_eq!((switch.advertised)(&json), on, "{} is told: {json}", switch.name);
                    assert_eq!((switch.works)(&world).await, on, "{} is there", switch.name);
                },
            )
            .await;
        }
    }
}
