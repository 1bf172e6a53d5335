//! A resource server alone that wants a stronger or more recent sign-in (RFC 9470): by what the server elsewhere says of the token.
use std::{sync::Arc, time::Duration};

use axum::body::Body;
use database::{Database, Options};
use fetch::{Credentials, testing::Answer};
use grantwell_rest::{
    Permission, Public, Resource, Resources, RestState, Verifier, ViewSet,
    permission::{signed_in_with, signed_in_within},
    remote::{IntrospectionVerifier, JwksVerifier},
};
use http::Request;
use jose::Algorithm;
use sea_orm::{ConnectionTrait as _, Schema, entity::prelude::*};
use serde::Serialize;
use serde_json::json;
use tower::ServiceExt as _;

use super::world::{NOW, RESOURCE, Signer, World, claims};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "payment")]
#[resource(path = "payment", read = Public, write = Public, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
}

impl ViewSet for Model {
    fn permission() -> Permission {
        signed_in_with(&["urn:two", "urn:three"]) & signed_in_within(Duration::from_mins(5))
    }
}

/// The status, and what the challenge asks for.
async fn asked(world: &World, verifier: impl Verifier, token: &str) -> (u16, String) {
    let database = Database::connect(&Options::new("sqlite::memory:")).await.unwrap();
    let schema = Schema::new(database.kind().backend());
    database
        .write::<_, database::DatabaseError, _>(move |transaction| {
            Box::pin(async move {
                transaction.execute(&schema.create_table_from_entity(Entity)).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let state = RestState::new(database, Arc::new(verifier), world.clock.clone())
        .with_public_url("https://api.example");
    let router = Resources::new().add::<Model>().router("/v1", state);
    let request = Request::get("/v1/payment/").header("authorization", format!("Bearer {token}"));
    let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let challenge = answer.headers().get("www-authenticate");
    let challenge = challenge.map_or("", |value| value.to_str().unwrap());
    let wanted = challenge.split_once("needed\", ").map_or("", |(_, wanted)| wanted);
    (answer.status().as_u16(), wanted.to_owned())
}

const WANTED: &str = "acr_values=\"urn:two urn:three\", max_age=\"300\", \
                      resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/v1\"";

/// R9470-3-a, R9470-6-a
#[tokio::test]
async fn what_the_issuer_says_about_the_sign_in_decides_by_either_way() {
    for (acr, ago, status) in [
        (json!("urn:two"), 10, 200),
        (json!("urn:three"), 299, 200),
        (json!("urn:one"), 10, 401),
        (json!(null), 10, 401),
        (json!("urn:two"), 400, 401),
    ] {
        let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
        let mut token = claims();
        token["auth_time"] = json!(NOW - ago);
        if acr.is_string() {
            token["acr"] = acr.clone();
        }
        let expected = (status, if status == 200 { "" } else { WANTED }.to_owned());
        let jwt = signer.sign(Some("at+jwt"), &token.to_string());
        world.script.says("/jwks.json", Answer::json(signer.keys().to_string()));
        let verifier = JwksVerifier::new(world.server(), RESOURCE, world.clock.clone());
        assert_eq!(asked(&world, verifier, &jwt).await, expected, "JWT: {acr} {ago}");

        token["active"] = json!(true);
        token["token_type"] = json!("Bearer");
        world.script.says("/introspect", Answer::json(token.to_string()));
        let credentials = Credentials::basic("rs", "secret of the rs");
        let clock = world.clock.clone();
        let verifier = IntrospectionVerifier::new(world.server(), credentials, RESOURCE, clock);
        assert_eq!(asked(&world, verifier, "tok.en").await, expected, "asked: {acr} {ago}");
    }
}
