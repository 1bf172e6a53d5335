//! Makes the rules' policy from the settings and the resources' scopes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use oauth::access_token::TokenFormat;
use oauth::issuer::Issuer;
use oauth::pkce::Pkce;
use oauth::policy::{Policy, ScopeDeclaration, SelfRegistration, TrustedIssuer};
use oauth::response::ResponseType;
use oauth::scope::{ScopeSet, ScopeToken};
use rest::Resources;
use url::Url;

use crate::error::{Error, Exit, Result};
use crate::settings::{AccessTokenFormat, Profile, Settings};

/// The address under which the server is reached: the setting, or what is listened on.
pub(crate) fn public_url(settings: &Settings) -> Result<Url> {
    if let Some(url) = &settings.server.public_url {
        return Ok(url.clone());
    }
    let listen = &settings.server.listen;
    let host = match listen.parse::<SocketAddr>() {
        Ok(address) => SocketAddr::new(reachable(address.ip()), address.port()).to_string(),
        Err(_) => listen.clone(),
    };
    let scheme = if settings.server.speaks_tls() { "https" } else { "http" };
    Url::parse(&format!("{scheme}://{host}")).map_err(|_| {
        Error::new(Exit::BadSettings, format!("server.listen is {listen:?}, which is not an address and a port such as 127.0.0.1:8000."))
    })
}

/// An address on which one listens everywhere is no address to connect to.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

/// Where the admin API is, if anywhere: a path of its own.
pub(crate) fn admin_prefix(settings: &Settings) -> Result<Option<&str>> {
    let prefix = settings.admin.api_prefix.as_str();
    let letter = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    let is_path = prefix.len() > 1 && prefix.starts_with('/') && !prefix.ends_with('/');
    if !is_path || prefix.contains("//") || !prefix.chars().all(letter) {
        return Err(Error::new(
            Exit::BadSettings,
            format!(
                "admin.api_prefix is {prefix:?}, which is not a path such as /admin/api: a slash before each part and none at the end."
            ),
        ));
    }
    Ok(settings.admin.api.then_some(prefix))
}

/// The policy of the settings over the scopes of the resources.
pub(crate) fn policy<'r>(
    settings: &Settings,
    resources: impl Iterator<Item = &'r Resources>,
) -> Result<Policy> {
    let oauth = &settings.oauth;
    let mut policy = Policy::new(issuer(settings)?);
    policy.scopes = scopes(settings, resources)?;
    if settings.admin.api {
        policy.operator_scopes = admin::operator_scopes();
    }
    policy.default_scope = default_scope(settings, &policy)?;
    for resource in &oauth.resources {
        oauth::client::declaration::check_resource(resource).map_err(|error| {
            Error::new(Exit::BadSettings, format!("oauth.resources: {}", error.message))
        })?;
    }
    policy.resources.clone_from(&oauth.resources);
    policy.access_token_lifetime = oauth.access_token_lifetime.duration();
    policy.token_format = match oauth.access_token_format {
        AccessTokenFormat::Sealed => TokenFormat::Sealed,
        AccessTokenFormat::Jwt => TokenFormat::Jwt,
    };
    policy.refresh_idle = oauth.refresh_idle.duration();
    policy.refresh_absolute = oauth.refresh_absolute.unless_zero();
    policy.refresh_grace = oauth.refresh_grace.duration();
    policy.code_lifetime = oauth.authorization_code_lifetime.duration();
    policy.device_code_lifetime = oauth.device_code_lifetime.duration();
    policy.id_token_lifetime = oauth.id_token_lifetime.duration();
    policy.pushed_request_lifetime = oauth.pushed_request_lifetime.duration();
    policy.require_pushed_requests = oauth.require_pushed_requests;
    policy.self_registration =
        match (oauth.allow_open_client_registration, oauth.client_registration) {
            (true, _) => SelfRegistration::Anybody,
            (false, true) => SelfRegistration::WithToken,
            (false, false) => SelfRegistration::Closed,
        };
    policy.client_id_documents = oauth.allow_client_id_documents;
    policy.capabilities.openid = oauth.openid;
    policy.capabilities.endpoints.check_session =
        oauth.session_management.then(|| "/o/check-session/".to_owned());
    policy.capabilities.signing_algorithms = oauth.algorithms();
    if oauth.allow_plain_pkce {
        policy.pkce = Pkce::AllowPlain;
    }
    if oauth.allow_implicit {
        for kind in ResponseType::ALL {
            policy.capabilities = policy.capabilities.allowing_response(kind);
        }
    }
    if oauth.allow_password_grant {
        policy.capabilities = policy.capabilities.allowing_password_grant();
    }
    policy.capabilities.trusted_issuers = trusted_issuers(settings, &policy)?;
    policy.check().map_err(|why| {
        Error::new(
            Exit::BadSettings,
            format!("The settings of [oauth] do not hold together: {why}."),
        )
    })?;
    Ok(policy)
}

/// Where the provider is; Django OAuth Toolkit counts the path at which it is mounted as part of its name.
fn default_issuer(settings: &Settings) -> Result<Url> {
    let mut url = public_url(settings)?;
    if settings.oauth.profile == Profile::Legacy {
        url.set_path(&format!("{}/o", url.path().trim_end_matches('/')));
    }
    Ok(url)
}

fn issuer(settings: &Settings) -> Result<Issuer> {
    let url = match &settings.oauth.issuer {
        Some(url) => url.clone(),
        None => default_issuer(settings)?,
    };
    let text = url.as_str().trim_end_matches('/');
    let parsed = if settings.oauth.allow_http_issuer {
        Issuer::parse_allowing_http(text)
    } else {
        Issuer::parse(text)
    };
    parsed.map_err(|error| {
        let name = if settings.oauth.issuer.is_some() { "oauth.issuer" } else { "server.public_url" };
        Error::new(Exit::BadSettings, format!(
            "The issuer would be {text}, but {error}. Set {name} to the https address under which clients reach the server; \
             on a closed network oauth.allow_http_issuer lets it pass."
        ))
    })
}

fn scopes<'r>(
    settings: &Settings,
    resources: impl Iterator<Item = &'r Resources>,
) -> Result<Vec<ScopeDeclaration>> {
    let mut scopes: Vec<ScopeDeclaration> = Vec::new();
    for declaration in resources.flat_map(Resources::scopes) {
        if !scopes.iter().any(|known| known.name == declaration.name) {
            scopes.push(declaration);
        }
    }
    for (name, description) in &settings.oauth.scopes {
        let name = token(name, "oauth.scopes")?;
        let description = description.clone();
        match scopes.iter_mut().find(|known| known.name == name) {
            // The operator's words go over those of the program.
            Some(known) => known.description = description,
            None => scopes.push(ScopeDeclaration { name, description, optional: false }),
        }
    }
    for name in &settings.oauth.optional_scopes {
        let name = token(name, "oauth.optional_scopes")?;
        let Some(known) = scopes.iter_mut().find(|known| known.name == name) else {
            return Err(Error::new(
                Exit::BadSettings,
                format!("oauth.optional_scopes names {name}, which is no scope of this server."),
            ));
        };
        known.optional = true;
    }
    Ok(scopes)
}

fn default_scope(settings: &Settings, policy: &Policy) -> Result<ScopeSet> {
    let declared = policy.declared_scope();
    if settings.oauth.default_scope.is_empty() {
        return Ok(declared);
    }
    let mut wanted = Vec::new();
    for name in &settings.oauth.default_scope {
        let name = token(name, "oauth.default_scope")?;
        if !declared.contains(&name) {
            return Err(Error::new(
                Exit::BadSettings,
                format!(
                    "oauth.default_scope names {name}, which is no scope. The scopes are: {declared}."
                ),
            ));
        }
        wanted.push(name);
    }
    Ok(ScopeSet::from_tokens(wanted))
}

/// The trusted issuers, each with a name of its own, and none of them this server.
fn trusted_issuers(settings: &Settings, policy: &Policy) -> Result<Vec<TrustedIssuer>> {
    let wrong = |text: String| Error::new(Exit::BadSettings, text);
    let declared = policy.declared_scope();
    let mut trusted: Vec<TrustedIssuer> = Vec::new();
    for table in &settings.oauth.trusted_issuers {
        let read = table.read(settings.fetch.allow_http).map_err(wrong)?;
        let head = format!("oauth.trusted_issuers, issuer {:?}", read.issuer);
        if read.issuer == policy.issuer.as_str() {
            return Err(wrong(format!("{head}: that is this server; name another one.")));
        }
        if trusted.iter().any(|other| other.issuer == read.issuer) {
            return Err(wrong(format!("{head}: there are two tables of that name; keep one.")));
        }
        let most = read.scope.as_ref().map(|scope| scope.without(&declared));
        if let Some(unknown) = most.filter(|unknown| !unknown.is_empty()) {
            return Err(wrong(format!(
                "{head}: scopes names {unknown}, which is no scope. The scopes are: {declared}."
            )));
        }
        trusted.push(read);
    }
    Ok(trusted)
}

fn token(name: &str, setting: &str) -> Result<ScopeToken> {
    ScopeToken::parse(name).map_err(|_| {
        Error::new(Exit::BadSettings, format!("{setting} names {name:?}, which cannot be a scope: no spaces, quotes or backslashes (RFC 6749 §3.3)."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Sources, Span, load};
    use jose::Algorithm;

    #[test]
    fn the_public_url_follows_the_address_listened_on() {
        for (listen, public) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000/"),
            ("0.0.0.0:8000", "http://127.0.0.1:8000/"),
            ("[::]:80", "http://[::1]/"),
            ("localhost:3000", "http://localhost:3000/"),
        ] {
            let mut settings = Settings::default();
            settings.server.listen = listen.to_owned();
            assert_eq!(public_url(&settings).unwrap().as_str(), public, "{listen}");
        }
    }

    #[test]
    fn the_admin_api_has_a_path_of_its_own() {
        let mut settings = Settings::default();
        assert_eq!(admin_prefix(&settings).unwrap(), Some("/admin/api"));
        for wrong in ["", "/", "admin", "/admin/", "/a//b", "/{id}", "/a b", "/a?b"] {
            wrong.clone_into(&mut settings.admin.api_prefix);
            let error = admin_prefix(&settings).unwrap_err();
            assert!(error.to_string().contains("admin.api_prefix"), "{error}");
        }
        settings.admin = crate::settings::Admin { api: false, ..Default::default() };
        assert_eq!(admin_prefix(&settings).unwrap(), None);
    }

    /// What each profile says of itself is what the metadata says.
    #[test]
    fn a_profile_shows_in_the_metadata() {
        let none = || std::iter::empty::<&Resources>();
        let settings = |toml: &str| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("grantwell.toml");
            std::fs::write(&file, toml).unwrap();
            let sources = Sources { file: Some(file), ..Sources::default() };
            load(Settings::default(), &sources).unwrap().settings
        };
        let metadata = |toml: &str| {
            let policy = policy(&settings(toml), none()).unwrap();
            serde_json::to_value(oauth::endpoint::metadata::decide(&policy, &[])).unwrap()
        };
        let standard = metadata("");
        assert_eq!(standard["response_types_supported"], serde_json::json!(["code"]));
        assert_eq!(standard["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        let legacy = metadata("[oauth]\nprofile = \"legacy\"\n");
        assert!(legacy["issuer"].as_str().unwrap().ends_with("/o"), "{legacy}");
        assert_eq!(legacy["response_types_supported"].as_array().unwrap().len(), 7);
        assert_eq!(legacy["code_challenge_methods_supported"].as_array().unwrap().len(), 2);
        let grants = legacy["grant_types_supported"].as_array().unwrap();
        assert!(grants.iter().any(|grant| grant == "password"), "{legacy}");
        let jwt = settings("[oauth]\naccess_token_format = \"jwt\"\n");
        assert_eq!(policy(&jwt, none()).unwrap().token_format, TokenFormat::Jwt);
        assert_eq!(policy(&settings(""), none()).unwrap().token_format, TokenFormat::Sealed);
        let mcp = metadata("[oauth]\nprofile = \"mcp\"\n");
        assert_eq!(mcp["client_id_metadata_document_supported"], true);
        let testing =
            metadata("[oauth]\nprofile = \"testing\"\n[server]\nlisten = \"127.0.0.1:8000\"\n");
        assert!(testing["registration_endpoint"].is_string(), "{testing}");
    }

    #[test]
    fn scopes_and_issuer_of_the_settings_are_checked() {
        type Change = fn(&mut Settings);
        let none = || std::iter::empty::<&Resources>();
        let table: [(Change, &str); 8] = [
            (
                |s| s.oauth.scopes = [("grantwell:admin".to_owned(), String::new())].into(),
                "only an operator's clients",
            ),
            (
                |s| s.oauth.authorization_code_lifetime = Span::seconds(601),
                "an authorization code lives from one second to ten minutes",
            ),
            (
                |s| s.server.public_url = Url::parse("http://id.example.org").ok(),
                "oauth.allow_http_issuer",
            ),
            (|s| s.oauth.default_scope = vec!["read".into()], "is no scope"),
            (|s| s.oauth.optional_scopes = vec!["read".into()], "oauth.optional_scopes"),
            (|s| s.oauth.resources = vec!["/v1".to_owned()], "oauth.resources"),
            (|s| s.oauth.scopes = [("a b".to_owned(), String::new())].into(), "cannot be a scope"),
            (|s| s.server.listen = "nonsense at all".into(), "server.listen"),
        ];
        for (change, text) in table {
            let mut settings = Settings::default();
            change(&mut settings);
            let error = policy(&settings, none()).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.exit(), Exit::BadSettings);
        }
    }

    #[test]
    fn trusted_issuers_are_others_each_once_and_open_the_grant() {
        use crate::settings::TrustedIssuer as Table;
        let table = |issuer: &str, scopes: Option<&str>| Table {
            issuer: issuer.to_owned(),
            jwks_uri: Url::parse("https://keys.example/jwks.json").ok(),
            scopes: scopes.map(|name| vec![name.to_owned()]),
            ..Table::default()
        };
        let policy = |tables: Vec<Table>| {
            let mut settings = Settings::default();
            settings.server.public_url = Url::parse("https://id.example.org").ok();
            settings.oauth.scopes = [("read".to_owned(), "See".to_owned())].into();
            settings.oauth.trusted_issuers = tables;
            policy(&settings, std::iter::empty())
        };
        let grant = oauth::client::GrantType::JwtBearer;
        assert!(!policy(Vec::new()).unwrap().capabilities.offers(&grant));
        let good = || table("https://partner.example", Some("read"));
        let made = policy(vec![good()]).unwrap();
        assert!(made.capabilities.offers(&grant) && made.check().is_ok());
        for (tables, text) in [
            (vec![table("https://id.example.org", None)], "that is this server"),
            (vec![good(), good()], "two tables"),
            (vec![table("https://partner.example", Some("sudo"))], "no scope"),
        ] {
            let error = policy(tables).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.exit(), Exit::BadSettings);
        }
    }

    #[test]
    fn the_settings_become_the_policy() {
        let mut settings = Settings::default();
        settings.server.public_url = Url::parse("https://id.example.org").ok();
        settings.oauth.signing_algorithms = ["PS256", "ES256", "PS256"].map(str::to_owned).into();
        settings.oauth.scopes =
            [("read".to_owned(), "See".to_owned()), ("write".to_owned(), "Change".to_owned())]
                .into();
        let policy = policy(&settings, std::iter::empty()).unwrap();
        assert_eq!(policy.issuer.as_str(), "https://id.example.org");
        assert_eq!(policy.default_scope.to_string(), "read write");
        assert_eq!(policy.capabilities.signing_algorithms, [Algorithm::Ps256, Algorithm::Es256]);
        assert!(!policy.capabilities.offers(&oauth::client::GrantType::Password));
        assert_eq!(policy.refresh_absolute, Some(std::time::Duration::from_hours(365 * 24)));
    }
}
