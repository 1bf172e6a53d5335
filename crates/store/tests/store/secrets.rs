//! A dump of the database holds nothing that could be presented.

use accounts::session::{Limits, Session};
use grantwell_store::{Application, NewSecret, Store, StoreError};
use oauth::client::{AuthMethod, Client};
use oauth::secret::Secret;
use sea_orm::{ConnectionTrait as _, Statement};

use crate::world::{World, on_both};

/// Every value of every table of ours, as bytes; text as it is.
async fn dump(store: &Store) -> Vec<(String, Vec<u8>)> {
    let state = grantwell_store::migrations().state().unwrap();
    let read = store.database().read();
    let backend = read.get_database_backend();
    let mut values = Vec::new();
    for (table, columns) in state.tables.iter().map(|(name, table)| (name, &table.columns)) {
        for column in columns {
            let name = &column.name;
            let sql = format!("SELECT {name} AS value FROM {table}");
            for row in read.query_all_raw(Statement::from_string(backend, sql)).await.unwrap() {
                let place = format!("{table}.{name}");
                if let Ok(Some(text)) = row.try_get::<Option<String>>("", "value") {
                    values.push((place.clone(), text.into_bytes()));
                }
                if let Ok(Some(bytes)) = row.try_get::<Option<Vec<u8>>>("", "value") {
                    values.push((place, bytes));
                }
            }
        }
    }
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn no_table_holds_a_secret_that_could_be_presented() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, client_secret) = world.registered(&store, "photos").await;
        let (user, issued, access) = world.signed_in(&store, "jane", &client).await;
        let sealed = store.vault().seal(&access).unwrap();
        let session = Session::begin(&user.account, &Limits::default(), world.clock.now());
        let session = store.sessions().create(session, "Firefox", None).await.unwrap();
        let link = store.setup_links().create(std::time::Duration::from_hours(1)).await.unwrap();
        let keys = accounts::throttle::keys(
            Some(accounts::throttle::Subject::Account("typed-password-as-name")),
            Some("192.0.2.77".parse().unwrap()),
        );
        store.throttle().record(&keys, &accounts::throttle::Rules::default()).await.unwrap();
        store
            .authorizations()
            .revoke(issued.authorization, oauth::authorization::Reason::User)
            .await
            .unwrap();
        let (rotated, newer_secret) = store.applications().rotate_secret(&client).await.unwrap();
        store.keys().rotate().await.unwrap();
        let (kept, kept_secret) = sealing(&store, "signs").await;
        let (kept, newer_kept) = store.applications().rotate_secret(&kept).await.unwrap();

        let master = vault::MasterKey::from_random([7; 32]);
        let secrets = [
            client_secret.expose().to_owned(),
            newer_secret.expose().to_owned(),
            kept_secret.expose().to_owned(),
            newer_kept.expose().to_owned(),
            issued.refresh_token.unwrap().expose().to_owned(),
            sealed,
            session.expose().to_owned(),
            link.expose().to_owned(),
            "typed-password-as-name".to_owned(),
            "192.0.2.77".to_owned(),
            master.to_text().to_string(),
        ];
        let dump = dump(&store).await;
        assert!(dump.len() >= 40, "the dump reads the tables: {}", dump.len());
        assert!(
            dump.iter()
                .any(|(place, value)| place == "grantwell_user.username" && value == b"jane")
        );
        let wrapped: Vec<_> =
            dump.iter().filter(|(place, _)| place == "grantwell_signing_key.wrapped").collect();
        assert!(wrapped.len() >= 4, "{}", wrapped.len());
        assert!(wrapped.iter().all(|(_, value)| value.starts_with(b"v4.local.")));
        for secret in &secrets {
            // Neither whole nor without its prefix, nor the bytes it stands for.
            let bare = bare(secret);
            for (place, value) in &dump {
                assert!(!holds(value, bare.as_bytes()), "{place} holds {secret}");
            }
        }
        let told = format!("{rotated:?} {kept:?} {user:?} {store:?} {session:?}");
        assert!(!secrets.iter().any(|secret| told.contains(secret.as_str())), "{told}");
        assert!(!told.contains("argon2id"), "{told}");
    })
    .await;
}

/// A client whose secret is kept sealed, and that secret.
async fn sealing(store: &Store, id: &str) -> (Application, Secret) {
    let client = Client { auth_method: AuthMethod::ClientSecretJwt, ..World::client(id) };
    let made = store.applications().create(client, NewSecret::Generated).await.unwrap();
    (made.0, made.1.unwrap())
}

/// What is kept sealed opens for its own application under its own master key, and is long enough for every MAC.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_secret_opens_for_its_own_application_only() {
    on_both(|world| async move {
        let store = world.node().await;
        let applications = store.applications();
        let (one, secret) = sealing(&store, "one").await;
        let (other, _) = sealing(&store, "other").await;
        assert!(secret.expose().starts_with("gws_") && secret.expose().len() >= 64);
        assert_eq!(applications.sealed_secret(&one).unwrap(), Some(secret.clone()));
        let mut moved = other.clone();
        moved.client.secret.clone_from(&one.client.secret);
        assert!(matches!(applications.sealed_secret(&moved), Err(StoreError::Key(_))));
        let (plain, _) = world.registered(&store, "plain").await;
        assert_eq!(applications.sealed_secret(&plain).unwrap(), None);

        let (changed, newer) = applications.rotate_secret(&one).await.unwrap();
        assert_eq!(applications.sealed_secret(&changed).unwrap(), Some(newer.clone()));
        assert!(newer != secret && changed.client.epoch == one.client.epoch + 1);
        // A secret that was drawn for another method than the client has by now would be none.
        let mut late = changed.clone();
        late.client.auth_method = AuthMethod::ClientSecretBasic;
        let late = applications.rotate_secret(&late).await;
        assert!(matches!(late, Err(StoreError::Overtaken(_))), "{late:?}");
        // Without a use for it, it is not kept.
        let keys = Client { auth_method: AuthMethod::PrivateKeyJwt, ..changed.client.clone() };
        let keyed = applications.update(&changed, keys).await.unwrap();
        assert_eq!(keyed.client.secret, None);
        let refused = applications.rotate_secret(&keyed).await;
        assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");
    })
    .await;
}

/// A secret without the prefix that says what it is; a `_` further in belongs to the secret.
fn bare(secret: &str) -> &str {
    match secret.split_once('_') {
        Some((prefix, rest)) if prefix.len() == 3 && prefix.starts_with("gw") => rest,
        _ => secret,
    }
}

fn holds(value: &[u8], part: &[u8]) -> bool {
    value.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_for_secrets_would_find_one() {
    on_both(|world| async move {
        let store = world.node().await;
        let mut client = World::client("photos");
        client.name = "the secret".to_owned();
        store.applications().create(client, NewSecret::None).await.unwrap();
        let dump = dump(&store).await;
        assert!(dump.iter().any(|(_, value)| holds(value, b"secret")));
    })
    .await;
}
