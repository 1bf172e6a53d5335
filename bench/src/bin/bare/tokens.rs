//! The yardstick of what a token server does: rows written and read, JWTs signed and checked, by hand and with nothing around it.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use axum::extract::{FromRef, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseConnection, ExprTrait as _};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{Failed, Row, account, unicorn};

/// What one person let one client do: a row that a code names.
pub(crate) mod grant {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "authorization_grant")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub account_id: i64,
        pub scope: String,
        pub redeemed: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The database and the key that signs.
#[derive(Clone)]
pub(crate) struct Tokens {
    db: DatabaseConnection,
    key: Arc<RsaKeyPair>,
}

impl FromRef<Tokens> for DatabaseConnection {
    fn from_ref(tokens: &Tokens) -> Self {
        tokens.db.clone()
    }
}

/// Where they are asked.
pub(crate) fn router(db: DatabaseConnection) -> Result<Router, aws_lc_rs::error::Unspecified> {
    let key = Arc::new(RsaKeyPair::generate(KeySize::Rsa2048)?);
    Ok(Router::new()
        .route("/authorize", get(authorize))
        .route("/code", post(redeem))
        .route("/jwt", post(issue))
        .route("/checked/{id}", get(checked))
        .route("/userinfo/{id}", get(userinfo))
        .with_state(Tokens { db, key }))
}

/// Who is there, and a row for what they allow.
async fn authorize(
    State(db): State<DatabaseConnection>,
    Query(person): Query<Row>,
) -> Result<Response, Failed> {
    let found = account::Entity::find_by_id(person.id).one(&db).await?;
    let Some(account) = found else { return Ok(StatusCode::UNAUTHORIZED.into_response()) };
    let row = grant::ActiveModel {
        account_id: Set(account.id),
        scope: Set("read".to_owned()),
        redeemed: Set(0),
        ..Default::default()
    };
    let row = row.insert(&db).await?;
    let back = format!("https://app.example/cb?code={}", row.id);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
}

/// The row that the code names, and its one use.
async fn redeem(
    State(db): State<DatabaseConnection>,
    Form(code): Form<Row>,
) -> Result<Response, Failed> {
    let found = grant::Entity::find_by_id(code.id).one(&db).await?;
    let Some(row) = found else { return Ok(StatusCode::BAD_REQUEST.into_response()) };
    let update = grant::Entity::update_many()
        .col_expr(grant::Column::Redeemed, Expr::value(1))
        .filter(grant::Column::Id.eq(row.id).and(grant::Column::Redeemed.eq(0)))
        .exec(&db)
        .await?;
    if update.rows_affected == 0 {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    }
    Ok(Json(json!({ "id": row.id, "scope": row.scope })).into_response())
}

/// A JWT that is signed with RS256.
async fn issue(State(tokens): State<Tokens>) -> Response {
    match sign(&tokens.key) {
        Some(jwt) => Json(json!({ "access_token": jwt, "scope": "read" })).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn sign(key: &RsaKeyPair) -> Option<String> {
    let claims = json!({
        "iss": "http://bare.example", "sub": "bench", "client_id": "bench", "aud": "http://bare.example/v1",
        "scope": "read", "iat": 1, "exp": 4_000_000_000_i64, "jti": "0123456789abcdef",
    });
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"at+jwt","kid":"1"}"#);
    let text = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
    Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// One row, for whoever brings a JWT with a good signature and the scope for it.
async fn checked(
    State(tokens): State<Tokens>,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let jwt = bearer.and_then(|value| value.strip_prefix("Bearer "));
    if jwt.and_then(|jwt| check(&tokens.key, jwt)).is_none() {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    }
    Ok(match unicorn::Entity::find_by_id(id).one(&tokens.db).await? {
        Some(row) => Json(row).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

/// What is looked at in a JWT.
#[derive(Deserialize)]
struct Claims {
    exp: i64,
    scope: String,
}

fn check(key: &RsaKeyPair, jwt: &str) -> Option<()> {
    let (text, signature) = jwt.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    public.verify(text.as_bytes(), &signature).ok()?;
    let claims = URL_SAFE_NO_PAD.decode(text.split_once('.')?.1).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    (claims.exp > 1 && claims.scope.split(' ').any(|scope| scope == "read")).then_some(())
}

/// What a person allowed, and who the person is.
async fn userinfo(
    State(db): State<DatabaseConnection>,
    Path(id): Path<i64>,
) -> Result<Response, Failed> {
    let Some(allowed) = grant::Entity::find_by_id(id).one(&db).await? else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let person = account::Entity::find_by_id(allowed.account_id).one(&db).await?;
    let name = person.map_or(Value::Null, |person| person.username.into());
    Ok(Json(json!({ "sub": allowed.account_id.to_string(), "preferred_username": name }))
        .into_response())
}
