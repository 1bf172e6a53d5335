//! Which requests may, must and cannot have an `Idempotency-Key`, and who is told what; over a memory such as a program of its
//! own would bring.
use std::sync::Arc;

use database::Database;
use futures_util::future::BoxFuture;
use grantwell_rest::{
    Dialect, Resources, RestState, Result,
    idempotency::{Answers, Attempt, Begun},
};
use http::{Request, header};
use oauth::time::Timestamp;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};
use serde_json::json;

use super::{
    page::{browse, token},
    stand::{Answer, JSON, NOTHING, Stand, make_table, on_both},
};

/// Answers by the name of their request.
mod kept {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "kept")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub fingerprint: Vec<u8>,
        pub answer: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

macro_rules! resource {
    ($name:ident, $path:literal, $write:ty, $idempotency:literal) => {
        mod $name {
            use grantwell_rest::{Ctx, Public, Resource, Result, ViewSet, viewset};
            use sea_orm::{DatabaseTransaction, entity::prelude::*};
            use serde::Serialize;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
            #[sea_orm(table_name = $path)]
            #[resource(path = $path, read = Public, write = $write, crate = grantwell_rest,
                                                                        idempotency = $idempotency)]
            pub struct Model {
                #[sea_orm(primary_key)]
                #[resource(read_only)]
                pub id: i64,
                pub text: String,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            #[viewset(crate = grantwell_rest)]
            impl ViewSet for Model {
                #[action(list, scope = $write)]
                async fn nothing(_: &Ctx, _: &DatabaseTransaction) -> Result<()> {
                    Ok(())
                }
            }
        }
    };
}

resource!(free, "free", super::super::program::Write, "optional");
resource!(strict, "strict", super::super::program::Write, "required");
resource!(open, "open", Public, "optional");
resource!(closed, "closed", super::super::program::Write, "refused");

struct Table;

impl Answers for Table {
    fn begin<'t>(
        &'t self,
        transaction: &'t DatabaseTransaction,
        attempt: &'t Attempt,
        _: Timestamp,
    ) -> BoxFuture<'t, Result<Begun>> {
        Box::pin(async move {
            let row = kept::Entity::find_by_id(attempt.name()).one(transaction).await?;
            let Some(kept::Model { fingerprint, answer, .. }) = row else {
                return Ok(Begun::First);
            };
            // What is kept without an answer stands for a request under way.
            let running = answer.is_empty();
            Ok(if running { Begun::Running } else { Begun::Answered { fingerprint, answer } })
        })
    }

    fn keep<'t>(
        &'t self,
        transaction: &'t DatabaseTransaction,
        attempt: &'t Attempt,
        answer: Vec<u8>,
    ) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            let row = kept::ActiveModel {
                name: Set(attempt.name().to_owned()),
                fingerprint: Set(attempt.fingerprint().to_vec()),
                answer: Set(answer),
            };
            kept::Entity::insert(row).exec_without_returning(transaction).await?;
            Ok(())
        })
    }
}

fn stand(database: &Database, change: impl FnOnce(RestState) -> RestState) -> Stand {
    let resources = Resources::new()
        .add::<free::Model>()
        .add::<strict::Model>()
        .add::<open::Model>()
        .add::<closed::Model>();
    Stand::built(database.clone(), resources, change)
}

async fn tables(database: &Database) {
    make_table(database, kept::Entity).await;
    make_table(database, free::Entity).await;
    make_table(database, strict::Entity).await;
    make_table(database, open::Entity).await;
    make_table(database, closed::Entity).await;
}

async fn post(stand: &Stand, uri: &str, token: &str, key: &str) -> Answer {
    let mut request = Request::post(uri).header(header::CONTENT_TYPE, JSON);
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    let body = if uri.contains("nothing") { json!({}) } else { json!({"text": "a"}) };
    stand.send(request.body(body.to_string().into()).unwrap()).await
}

#[test]
fn a_resource_says_whether_it_takes_a_key() {
    on_both(async |database| {
        tables(&database).await;
        let remembers = stand(&database, |state| state.with_answers(Arc::new(Table)));
        let forgets = stand(&database, |state| state);
        for (stand, uri, token, key, expected) in [
            (&remembers, "/v1/free/", "write", "", (201, "")),
            (&remembers, "/v1/free/", "write", "k", (201, "")),
            (&remembers, "/v1/free/", "write", "\"k", (400, "invalid_idempotency_key")),
            (&remembers, "/v1/free/", "", "k", (401, "missing_token")),
            (&remembers, "/v1/free/nothing/", "write", "k", (204, "")),
            (&remembers, "/v1/free/nothing/", "write", "k", (204, "")),
            (&remembers, "/v1/strict/", "write", "", (400, "idempotency_key_required")),
            (&remembers, "/v1/strict/", "write", "k", (201, "")),
            (&remembers, "/v1/strict/nothing/", "write", "", (400, "idempotency_key_required")),
            (&remembers, "/v1/strict/nothing/", "write", "k", (204, "")),
            (&remembers, "/v1/open/", "", "", (201, "")),
            // Anybody could have this key, and would be told what somebody else was answered.
            (&remembers, "/v1/open/", "", "k", (400, "invalid_idempotency_key")),
            (&remembers, "/v1/open/", "write", "k", (201, "")),
            (&remembers, "/v1/closed/", "write", "k", (400, "invalid_idempotency_key")),
            (&remembers, "/v1/closed/", "write", "", (201, "")),
            (&forgets, "/v1/free/", "write", "k", (400, "invalid_idempotency_key")),
            (&forgets, "/v1/free/", "write", "", (201, "")),
        ] {
            let answer = post(stand, uri, token, key).await;
            let code =
                if answer.status.is_success() { json!("") } else { answer.json()["code"].clone() };
            assert_eq!(
                (answer.status.as_u16(), code),
                (expected.0, json!(expected.1)),
                "{uri} {key}"
            );
        }
        let again = post(&remembers, "/v1/free/", "write", "k").await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        let told = remembers.ask("OPTIONS /v1/strict/", "read", NOTHING).await.json();
        assert_eq!(told["idempotency_key"], "required");
    });
}

#[test]
fn a_form_of_the_page_needs_no_key() {
    on_both(async |database| {
        tables(&database).await;
        let stand = stand(&database, |state| state.with_answers(Arc::new(Table)));
        let page = browse(&stand, "GET /v1/strict/", "read+write", None).await;
        let form = format!("text=a&csrf_token={}", token(&page));
        let made = browse(&stand, "POST /v1/strict/", "read+write", Some(&form)).await;
        assert!(made.status.is_success() || made.status.is_redirection(), "{made:?}");
    });
}

#[test]
fn who_comes_too_early_or_with_something_else_is_told_so_in_both_dialects() {
    on_both(async |database| {
        tables(&database).await;
        let name =
            |key: &str| format!("first-party\n{}\nPOST\n/v1/free\n{key}", super::stand::user());
        for (key, fingerprint, answer) in [("early", vec![1], vec![]), ("other", vec![1], vec![1])]
        {
            let row = kept::ActiveModel {
                name: Set(name(key)),
                fingerprint: Set(fingerprint),
                answer: Set(answer),
            };
            let insert = kept::Entity::insert(row);
            database
                .write::<_, grantwell_rest::Problem, _>(move |transaction| {
                    Box::pin(async move { Ok(insert.exec_without_returning(transaction).await?) })
                })
                .await
                .unwrap();
        }
        for (dialect, member) in
            [(Dialect::Problems, "code"), (Dialect::DjangoRestFramework, "detail")]
        {
            let answers =
                |state: RestState| state.with_answers(Arc::new(Table)).with_dialect(dialect);
            let stand = stand(&database, answers);
            let early = post(&stand, "/v1/free/", "write", "early").await;
            assert_eq!((early.status.as_u16(), early.header("retry-after")), (409, "1"));
            let other = post(&stand, "/v1/free/", "write", "other").await;
            assert_eq!(other.status, 422);
            for answer in [early, other] {
                assert!(answer.json()[member].is_string(), "{}", answer.text);
            }
        }
        assert_eq!(stand(&database, |state| state).get("/v1/free/").await.json(), json!([]));
    });
}
