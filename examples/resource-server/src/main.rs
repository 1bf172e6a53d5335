//! A resource server alone: unicorns behind the tokens of an authorization server elsewhere.
//!
//! It has a database for its own rows and none for accounts, clients or tokens: those are at the issuer. See the guide "Guard an
//! API on another server".

mod settings;

use axum::{Router, routing::get};
use rest::ambient::Clock;
use rest::database::{Database, Options, migration};
use rest::{Resource, Resources, RestState, ViewSet, scopes};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use settings::{Fallible, Settings};

/// Where the resources are; the public URL with it is the identifier that tokens have as their audience.
const PREFIX: &str = "/v1";

scopes! {
    crate = rest;
    pub Read  = "read"  => "See your unicorns",
    pub Write = "write" => "Change your unicorns",
}

/// A unicorn.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "unicorn")]
#[resource(path = "unicorn", read = Read, write = Write, crate = rest)]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    /// Its name.
    #[resource(max_length = 100, search, order)]
    pub name: String,
    /// Its age in years.
    #[resource(min = 0, filter, order)]
    pub age: i32,
}

impl ViewSet for Model {}

#[tokio::main]
async fn main() -> Fallible {
    tracing_subscriber::fmt().with_env_filter(settings::log_filter()).init();
    let settings = Settings::from_environment()?;
    let clock = Clock::system();
    let database = Database::connect(&Options::new(&settings.database)).await?;
    let migrations = [rest::migrations!("migrations", rest::database::migration)];
    migration::migrate(&database, &migrations, clock.now().as_millis(), &mut |_| {}).await?;

    let unicorns = Resources::new().named("Unicorns").add::<Model>();
    let about = unicorns.metadata(&settings.url, PREFIX);
    let verifier = settings.verifier(&about.resource, clock.clone())?;
    let state = RestState::new(database.clone(), verifier, clock)
        .with_public_url(&settings.url)
        .with_origins(settings.origins.clone());
    let router = Router::new()
        .route("/livez", get(async || "ok"))
        .merge(rest::metadata(&[about], &settings.issuer))
        .merge(rest::problem_pages(&state))
        .merge(unicorns.router(PREFIX, state));

    let listener = tokio::net::TcpListener::bind(&settings.listen).await?;
    tracing::info!(address = %listener.local_addr()?, issuer = settings.issuer, "serving");
    let mut terminate = signal(SignalKind::terminate())?;
    let told_to_stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    // What is in flight is answered before it ends.
    axum::serve(listener, router).with_graceful_shutdown(told_to_stop).await?;
    database.close().await;
    Ok(())
}
