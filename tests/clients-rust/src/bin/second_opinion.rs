//! The crate `oauth-as` as a server on the port of the first argument, with two clients; one of the second opinions that
//! `tests/clients/opinions.test.mjs` asks.

use std::error::Error;
use std::sync::Arc;

use oauth_as::client::{Client, ClientAuth, ClientId};
use oauth_as::grant::GrantType;
use oauth_as::http::ServiceBuilder;
use oauth_as::scope::ScopeSet;
use oauth_as::server::{AuthorizationServer, ServerConfig};
use oauth_as::store::MemoryStorage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).ok_or("the port is missing")?;
    let secret = std::env::var("SECRET")?;
    let address = format!("127.0.0.1:{port}");
    let issuer = format!("http://{address}");
    let mut config = ServerConfig::new(issuer.clone(), format!("{issuer}/device"));
    config.scopes_supported = Some(vec!["read".to_owned(), "write".to_owned()]);
    let server = Arc::new(AuthorizationServer::new(config, MemoryStorage::new()));
    server.register_client(client("site", ClientAuth::ConfidentialSecret { secret })?).await?;
    server.register_client(client("app", ClientAuth::Public)?).await?;
    let service = ServiceBuilder::new(server).with_subject_resolver(|_| None).build()?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    axum::serve(listener, axum::Router::from(service)).await?;
    Ok(())
}

fn client(id: &str, auth: ClientAuth) -> Result<Client, Box<dyn Error>> {
    let scopes = ScopeSet::from_tokens(["read", "write"])?;
    let mut grant_types =
        vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::DeviceCode];
    if !matches!(auth, ClientAuth::Public) {
        grant_types.push(GrantType::ClientCredentials);
    }
    Ok(Client {
        client_id: ClientId::new(id),
        auth,
        grant_types,
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        allowed_scopes: scopes.clone(),
        default_scopes: scopes,
        name: Some(id.to_owned()),
        registration: None,
    })
}
