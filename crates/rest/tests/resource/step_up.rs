//! How recently and how strongly somebody has to have signed in (RFC 9470): the challenge, the description, the document.
use std::time::Duration;

use grantwell_rest::{
    Action, Permission, Resource, Resources, ViewSet, openapi,
    permission::{everybody, signed_in_with, signed_in_within, staff},
};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::{
    program::{Read, Write},
    stand::{FORM, NOTHING, Stand, make_table, on_both},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "vault")]
#[resource(path = "vault", read = Read, write = Write, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    pub text: String,
}

/// Whoever adds a row has signed in strongly; who removes one, a moment ago as well; who changes one, or is staff.
impl ViewSet for Model {
    fn permission() -> Permission {
        let strong = || signed_in_with(&["2", "3"]);
        let recent = || signed_in_within(Duration::from_mins(5));
        everybody()
            & strong().for_actions(&[Action::Create])
            & (recent() & strong()).for_actions(&[Action::Delete])
            & (strong() | staff()).for_actions(&[Action::Update])
            & (!signed_in_with(&["0"])).for_actions(&[Action::PartialUpdate])
    }
}

async fn vault(database: database::Database) -> Stand {
    make_table(&database, Entity).await;
    let stand = Stand::new(database, Resources::new().add::<Model>());
    let made = stand.ask("POST /v1/vault/", "read+write/2/9000", (FORM, "text=a")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    stand
}

/// The challenge of a refusal, without where the metadata is.
async fn challenge(stand: &Stand, line: &str, token: &str) -> String {
    let refused = stand.ask(line, token, (FORM, "text=b")).await;
    let code = refused.json()["code"].clone();
    assert_eq!((refused.status.as_u16(), code), (401, json!("insufficient_user_authentication")));
    let challenge = refused.header("www-authenticate");
    let (challenge, metadata) = challenge.rsplit_once(", resource_metadata=").unwrap();
    assert_eq!(metadata, "\"https://api.example/.well-known/oauth-protected-resource/v1\"");
    challenge.to_owned()
}

/// R9470-3-a
#[test]
fn whoever_signed_in_too_weakly_or_too_long_ago_is_told_what_would_do() {
    on_both(async |database| {
        let stand = vault(database).await;
        let strength = "Bearer error=\"insufficient_user_authentication\", \
                        error_description=\"A stronger sign-in is needed\", acr_values=\"2 3\"";
        for token in ["read+write", "read+write/1/0", "read+write//0", "read+write/23/0"] {
            assert_eq!(challenge(&stand, "POST /v1/vault/", token).await, strength, "{token}");
        }
        // Whatever of the two is missing, one new sign-in has to bring both.
        let both = "Bearer error=\"insufficient_user_authentication\", \
                    error_description=\"A stronger or more recent sign-in is needed\", \
                    acr_values=\"2 3\", max_age=\"300\"";
        for token in ["read+write", "read+write/1/0", "read+write/2/600", "read+write/1/600"] {
            assert_eq!(challenge(&stand, "DELETE /v1/vault/1/", token).await, both, "{token}");
        }
        // Of alternatives the first reason is told.
        assert_eq!(challenge(&stand, "PUT /v1/vault/1/", "read+write/1/0").await, strength);
        for (line, token, status) in [
            ("PUT /v1/vault/1/", "read+write/3/9000", 200),
            ("PATCH /v1/vault/1/", "read+write/0/0", 403),
            ("PATCH /v1/vault/1/", "read+write/1/0", 200),
            ("GET /v1/vault/1/", "read", 200),
            // The scope comes first, and no sign-in brings it.
            ("POST /v1/vault/", "read/1/0", 403),
            ("DELETE /v1/vault/1/", "read+write/2/0", 204),
        ] {
            let answer = stand.ask(line, token, (FORM, "text=c")).await;
            assert_eq!(answer.status.as_u16(), status, "{line} {token}: {}", answer.text);
        }
    });
}

#[test]
fn clients_can_learn_beforehand_which_sign_in_is_needed() {
    on_both(async |database| {
        let stand = vault(database).await;
        let described = stand.ask("OPTIONS /v1/vault/", "read", NOTHING).await.json();
        let strong = json!({"acr_values": ["2", "3"], "max_age": null});
        assert_eq!(
            described["sign_in"],
            json!({
                "list": null, "GET": null, "PUT": null, "PATCH": null, "POST": strong,
                "DELETE": {"acr_values": ["2", "3"], "max_age": 300},
            })
        );
    });
    let resources = Resources::new().add::<Model>();
    let document = openapi::document(&openapi::About::default(), [("/v1", &resources)]);
    let text = |path: &str, method: &str| {
        document["paths"][path][method]["description"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(
        text("/v1/vault/{id}/", "delete"),
        "Needs the scope `write`: Change your unicorns. Needs a sign-in of one of the strengths `2`, `3` that is at most 300 \
         seconds old (RFC 9470)."
    );
    assert_eq!(text("/v1/vault/", "get"), "Needs the scope `read`: See your unicorns.");
}
