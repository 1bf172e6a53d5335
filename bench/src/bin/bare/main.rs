//! The yardstick: bare axum handlers over sea-orm that do the same database work, with no authentication at all.

mod tokens;

use accounts::password::{self, Outcome, Parameters};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, ExprTrait,
    QueryOrder, QuerySelect, Schema,
};
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod unicorn {
    use super::{Deserialize, Serialize};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "unicorn")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        #[serde(default)]
        pub id: i64,
        pub name: String,
        pub age: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "account")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub username: String,
        pub password: String,
        pub generation: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

type Db = State<DatabaseConnection>;

struct Failed(DbErr);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}

impl From<DbErr> for Failed {
    fn from(error: DbErr) -> Self {
        Self(error)
    }
}

#[derive(Deserialize)]
struct Limit {
    limit: u64,
}

#[derive(Deserialize)]
struct Row {
    id: i64,
}

#[derive(Deserialize)]
struct SignIn {
    username: String,
    password: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = open(&std::env::var("DATABASE_URL")?).await?;
    let router = Router::new()
        .route("/readyz", get(|| async { "ready" }))
        .route("/hello", get(|| async { "Hello, World!" }))
        .route("/unicorn", get(list).post(create))
        .route("/unicorn/{id}", get(retrieve))
        .route("/password", post(password))
        .route("/refresh", post(refresh))
        .with_state(db.clone())
        .merge(tokens::router(db)?);
    let listener = tokio::net::TcpListener::bind(std::env::var("BARE_LISTEN")?).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

/// The same durability as ours: WAL and a sync for each commit on SQLite, PostgreSQL as it is.
async fn open(url: &str) -> Result<DatabaseConnection, Box<dyn std::error::Error>> {
    let sqlite = url.starts_with("sqlite");
    let url = if sqlite { format!("{url}?mode=rwc") } else { url.to_owned() };
    let mut options = ConnectOptions::new(url);
    options.max_connections(16).sqlx_logging(false);
    if sqlite {
        options.map_sqlx_sqlite_opts(|options| {
            options
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("busy_timeout", "10000")
        });
    }
    let db = Database::connect(options).await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(unicorn::Entity)).await?;
    db.execute(&schema.create_table_from_entity(account::Entity)).await?;
    db.execute(&schema.create_table_from_entity(tokens::grant::Entity)).await?;
    let rows = (1..=1000).map(|number| unicorn::ActiveModel {
        name: Set(format!("unicorn {number}")),
        age: Set(number % 90),
        ..Default::default()
    });
    unicorn::Entity::insert_many(rows).exec(&db).await?;
    let allowed = (1..=64).map(|number| tokens::grant::ActiveModel {
        account_id: Set(number),
        scope: Set("openid".to_owned()),
        redeemed: Set(1),
        ..Default::default()
    });
    tokens::grant::Entity::insert_many(allowed).exec(&db).await?;
    let hash = password::hash("correct horse battery", b"0123456789abcdef", Parameters::OWASP)?;
    for number in 0..64 {
        let username = format!("bench{number}");
        let row = account::ActiveModel {
            username: Set(username),
            password: Set(hash.clone()),
            generation: Set(0),
            ..Default::default()
        };
        account::Entity::insert(row).exec(&db).await?;
    }
    Ok(db)
}

async fn list(State(db): Db, Query(query): Query<Limit>) -> Result<Response, Failed> {
    let total = unicorn::Entity::find().count(&db).await?;
    let rows = unicorn::Entity::find()
        .order_by_asc(unicorn::Column::Id)
        .limit(query.limit)
        .all(&db)
        .await?;
    Ok(([("x-total-count", total.to_string())], Json(rows)).into_response())
}

async fn retrieve(State(db): Db, Path(id): Path<i64>) -> Result<Response, Failed> {
    Ok(match unicorn::Entity::find_by_id(id).one(&db).await? {
        Some(row) => Json(row).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

async fn create(State(db): Db, Json(new): Json<unicorn::Model>) -> Result<Response, Failed> {
    let row = unicorn::ActiveModel { name: Set(new.name), age: Set(new.age), ..Default::default() };
    let row = row.insert(&db).await?;
    Ok((StatusCode::CREATED, Json(row)).into_response())
}

async fn password(State(db): Db, Form(form): Form<SignIn>) -> Result<Response, Failed> {
    let found = account::Entity::find()
        .filter(account::Column::Username.eq(form.username))
        .one(&db)
        .await?;
    let Some(row) = found else { return Ok(StatusCode::UNAUTHORIZED.into_response()) };
    let stored = password::Stored::parse(&row.password).ok();
    let checked = tokio::task::spawn_blocking(move || {
        password::verify(&form.password, stored.as_ref(), Parameters::OWASP)
    });
    if !matches!(checked.await, Ok(Outcome::Matches { .. })) {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    }
    let row = account::ActiveModel {
        username: Set("session".to_owned()),
        password: Set(String::new()),
        generation: Set(0),
        ..Default::default()
    };
    let row = row.insert(&db).await?;
    Ok(Json(serde_json::json!({ "id": row.id })).into_response())
}

async fn refresh(State(db): Db, Form(form): Form<Row>) -> Result<Response, Failed> {
    let update = account::Entity::update_many()
        .col_expr(account::Column::Generation, Expr::col(account::Column::Generation).add(1))
        .filter(account::Column::Id.eq(form.id))
        .exec(&db)
        .await?;
    Ok(Json(serde_json::json!({ "rows": update.rows_affected })).into_response())
}
