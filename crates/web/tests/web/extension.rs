//! Grants that the program brings itself (RFC 6749 §4.5): announced, decided by its rule, bounded by ours.

use std::time::Duration;

use grantwell_web as web;
use oauth::client::GrantType;
use oauth::error::{ErrorCode, OAuthError};
use oauth::grant::extension::Permit;
use oauth::scope::ScopeSet;
use serde_json::json;

use crate::world::{Answer, World, on_both_with};

const GRANT: &str = "https://stable.example/grants/badge";

/// A badge opens the account of its name: `once-` once only, `lasting-` with a refresh token, `read-` for reading; `client`
/// is for the client itself.
struct Badge;

impl web::ExtensionGrant for Badge {
    fn grant_type(&self) -> &'static str {
        GRANT
    }

    async fn permit(&self, asked: web::Asked<'_>) -> Result<Permit, OAuthError> {
        assert_eq!(asked.optional("client_secret"), None, "secrets are nobody's business");
        assert!(!asked.address.is_unspecified() && asked.client.id.as_str() == "site");
        let badge = asked.required("badge")?;
        match badge.split_once('-') {
            Some(("once", name)) => {
                let lapses = asked.now + Duration::from_mins(1);
                Ok(Permit::for_username(name).once(badge, lapses))
            }
            Some(("lasting", name)) => Ok(Permit::for_username(name).refreshing().signed_in()),
            Some(("read", name)) => {
                Ok(Permit::for_username(name).within(ScopeSet::parse("read").map_err(|_| DOWN)?))
            }
            Some(("down", _)) => Err(DOWN),
            _ if badge == "client" => Ok(Permit::for_client()),
            _ => Err(OAuthError::new(ErrorCode::InvalidGrant, "nobody has this badge")),
        }
    }
}

const DOWN: OAuthError =
    OAuthError::new(ErrorCode::TemporarilyUnavailable, "the reader of badges is away");

fn offered(settings: &mut web::Settings) {
    settings.offer(web::Extension::new(Badge).unwrap());
}

/// A client that is registered for the grant and one that is not.
async fn clients(world: &World) -> (String, String) {
    let grant = GrantType::parse(GRANT).unwrap();
    let grants = [grant, GrantType::RefreshToken].into();
    let with = world.site("site", |client| client.grant_types = grants).await;
    (with, world.site("other", |_| {}).await)
}

async fn bring(world: &World, secret: &str, badge: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("grant_type", GRANT), ("badge", badge)];
    fields.extend(more);
    world.post_as("/o/token/", ("site", secret), &fields).await
}

/// R6749-4.5-a, R6749-5.2-c
#[tokio::test]
async fn it_is_announced_offered_and_bounded() {
    on_both_with(offered, |world| async move {
        let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
        assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
        world.user("halfspring").await;
        let (secret, others) = clients(&world).await;
        for (badge, scope, expected) in [
            ("read-halfspring", "", "read"),
            ("read-halfspring", "write", "invalid_scope"),
            ("lasting-halfspring", "", "read write"),
            ("client", "", "read write"),
            ("read-nobody", "", "invalid_grant"),
            ("unknown", "", "invalid_grant"),
            ("", "", "invalid_request"),
            ("down-halfspring", "", "temporarily_unavailable"),
        ] {
            let answer = bring(&world, &secret, badge, &[("scope", scope)]).await.json();
            let told = answer.get("scope").or(answer.get("error"));
            assert_eq!(told, Some(&json!(expected)), "{badge} {scope}: {answer}");
        }
        let fields = [("grant_type", GRANT), ("badge", "read-halfspring")];
        let answer = world.post_as("/o/token/", ("other", &others), &fields).await;
        assert_eq!(answer.json()["error"], "unauthorized_client");
        let fields = [("grant_type", "https://stable.example/grants/other")];
        let answer = world.post_as("/o/token/", ("site", &secret), &fields).await;
        assert_eq!(answer.json()["error"], "unsupported_grant_type");
    })
    .await;
}

#[tokio::test]
async fn what_counts_once_counts_once_and_its_tokens_end_with_the_account() {
    on_both_with(offered, |world| async move {
        let user = world.user("halfspring").await.account.id;
        let (secret, _) = clients(&world).await;
        let tries = (0..8).map(|_| bring(&world, &secret, "once-halfspring", &[]));
        let answers = futures_util::future::join_all(tries).await;
        let good = answers.iter().filter(|answer| answer.json()["access_token"].is_string());
        assert_eq!(good.count(), 1);

        let answer = bring(&world, &secret, "lasting-halfspring", &[]).await.json();
        let refresh = answer["refresh_token"].as_str().unwrap();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let answer = world.post_as("/o/token/", ("site", &secret), &fields).await.json();
        let access = answer["access_token"].as_str().unwrap();
        let introspect = [("token", access)];
        let seen = world.post_as("/o/introspect/", ("site", &secret), &introspect).await.json();
        assert_eq!(seen["active"], true, "{seen}");
        world.store.users().disable(user).await.unwrap();
        let seen = world.post_as("/o/introspect/", ("site", &secret), &introspect).await.json();
        assert_eq!(seen, json!({"active": false}));
        let answer = bring(&world, &secret, "read-halfspring", &[]).await.json();
        assert_eq!(answer["error"], "invalid_grant");
    })
    .await;
}
