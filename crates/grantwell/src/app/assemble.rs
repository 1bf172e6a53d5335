//! Puts the rooms together: pages, protocol endpoints, resources, health, and the layers around them all.

use std::sync::Arc;

use ambient::{Clock, Entropy};
use axum::Router;
use oauth::policy::Policy;
use pages::headers::SecurityHeaders;
use pages::{Brand, Link, Pages};
use rest::{Resources, RestState};
use store::Store;
use url::Url;
use vault::Purpose;

use crate::error::{Error, Exit, Result};
use crate::people;
use crate::project::Project;
use crate::server::{Health, Hosts, Outer, Shutdown, wrap};
use crate::settings::{Readers, Settings};

/// What the router is made from.
pub(super) struct Parts<'a> {
    pub(super) settings: &'a Settings,
    pub(super) policy: &'a Policy,
    pub(super) public_url: &'a Url,
    pub(super) store: &'a Store,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    pub(super) shutdown: &'a Shutdown,
    pub(super) health: Health,
}

/// Everything as one router, and what the provider's own part of it works with.
pub(super) fn router(project: Project, parts: Parts<'_>) -> Result<(Router, web::State)> {
    let pages = pages(parts.settings, project.name())?;
    let settings = web_settings(&project, &parts)?;
    let state = web::State::new(
        parts.store.clone(),
        pages.clone(),
        parts.clock.clone(),
        parts.entropy.clone(),
        settings,
    )
    .map_err(|error| Error::new(Exit::BadSettings, error.to_string()))?;
    let rest = rest_state(&parts, &state);
    let docs = super::docs::router(&project, (parts.settings, parts.policy), pages.clone(), &rest)?;
    let (mounted, merged) = project.into_parts();
    let throttles: Vec<_> = parts.settings.api.throttles().collect();
    let mut router =
        web::router(state.clone()).merge(merged).merge(rest::problem_pages(&rest)).merge(docs);
    for (prefix, resources) in mounted {
        let resources = throttles.iter().cloned().fold(resources, Resources::operator_throttle);
        router = router.merge(resources.router(&prefix, rest.clone()));
    }
    if let Some(prefix) = crate::policy::admin_prefix(parts.settings)? {
        router = router.merge(admin::router(admin_state(&parts, &rest, prefix)?));
    }
    let outer = Outer {
        hosts: Hosts::of(&parts.settings.server, parts.public_url),
        body_limit: parts.settings.server.body_limit.in_memory(),
        request_timeout: parts.settings.server.request_timeout.duration(),
        shutdown: parts.shutdown.clone(),
        pages,
        headers: security_headers(parts.public_url),
        entropy: parts.entropy,
    };
    Ok((wrap(router.merge(parts.health.router()), outer), state))
}

fn pages(settings: &Settings, name: &str) -> Result<Pages> {
    let brand = settings.pages.brand.clone().unwrap_or_else(|| capitalised(name));
    let mut builder = Pages::builder()
        .templates(rest::TEMPLATES)
        .templates(web::TEMPLATES)
        .static_files(rest::docs::STATIC_FILES)
        .brand(Brand::new(brand))
        .reload(settings.pages.reload_templates);
    if let Some(folder) = &settings.pages.templates {
        builder = builder.override_folder(folder);
    }
    builder.build().map_err(|error| {
        Error::new(Exit::BadSettings, format!("The pages cannot be read: {error}."))
    })
}

pub(super) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn web_settings(project: &Project, parts: &Parts<'_>) -> Result<web::Settings> {
    let accounts = &parts.settings.accounts;
    let mut settings = web::Settings::new(parts.policy.clone());
    settings.limits = limits(parts.settings);
    settings.passwords = people::password_policy(parts.settings)?;
    settings.sessions.idle = accounts.session_idle.duration();
    settings.sessions.absolute = accounts.session_absolute.duration();
    settings.registration = accounts.registration;
    settings.fetcher = crate::outgoing::fetcher(parts.settings)?;
    settings.trusted_proxies = trusted_proxies(parts.settings)?;
    settings.claims_hook = project.claims_hook();
    for grant in project.extension_grants() {
        settings.offer(grant.clone());
    }
    settings.allow_plain_http_cookies = parts.settings.oauth.allow_http_issuer;
    let issuer = parts.policy.issuer.url("");
    let admin = crate::policy::admin_prefix(parts.settings)?;
    settings.admin = admin.map(|prefix| admin_resource(&issuer, prefix));
    for (prefix, resources) in project.mounted() {
        settings.resources.push(resources.metadata(&issuer, prefix));
        if parts.settings.pages.browsable != Readers::Nobody {
            settings.links.push(Link::new("API", format!("/{}/", prefix.trim_matches('/'))));
        }
    }
    // Staff know where what is for them alone is; everybody else would be led to a refusal.
    let documented = super::docs::is_served(project, parts.settings);
    if documented && parts.settings.docs.readers == Readers::Everybody {
        settings.links.push(Link::new("Docs", rest::docs::PAGE));
    }
    Ok(settings)
}

fn admin_state(parts: &Parts<'_>, rest: &RestState, prefix: &str) -> Result<admin::State> {
    let passwords = people::password_policy(parts.settings)?;
    let hasher = admin::Hasher::new(parts.entropy.clone());
    let (store, policy) = (parts.store.clone(), parts.policy.clone());
    let rest = rest.clone().with_prefix(prefix);
    Ok(admin::State::new(store, policy, passwords, hasher, rest))
}

/// What the metadata says about the admin API (RFC 9728 §2).
fn admin_resource(issuer: &str, prefix: &str) -> rest::ProtectedResource {
    let scopes = admin::operator_scopes();
    rest::ProtectedResource {
        resource: format!("{}{prefix}", issuer.trim_end_matches('/')),
        resource_name: Some("Administration".to_owned()),
        scopes_supported: scopes.iter().map(|scope| scope.name.to_string()).collect(),
        bearer_methods_supported: ["header"],
    }
}

fn trusted_proxies(settings: &Settings) -> Result<Vec<web::Network>> {
    let parse = |text: &String| {
        web::Network::parse(text).ok_or_else(|| {
            let told = format!(
                "server.trusted_proxies names {text:?}, which is neither an address nor a network such as 10.0.0.0/8."
            );
            Error::new(Exit::BadSettings, told)
        })
    };
    settings.server.trusted_proxies.iter().map(parse).collect()
}

fn limits(settings: &Settings) -> web::Limits {
    let accounts = &settings.accounts;
    let mut limits = web::Limits::default();
    limits.body = limits.body.min(settings.server.body_limit.in_memory());
    for rules in [&mut limits.passwords, &mut limits.clients] {
        rules.subject_and_address.free = accounts.tries_per_account_and_address;
        rules.subject.free = accounts.tries_per_account;
        rules.address.free = accounts.tries_per_address;
        for rule in [&mut rules.subject_and_address, &mut rules.subject, &mut rules.address] {
            rule.window = accounts.throttle_window.duration();
        }
        for rule in [&mut rules.subject_and_address, &mut rules.address] {
            rule.max_delay = accounts.longest_wait.duration();
        }
    }
    limits.client_registrations.free = settings.oauth.client_registrations_per_address;
    limits.registered_clients = settings.oauth.registered_clients;
    limits.registrations.free = accounts.registrations_per_address;
    if accounts.hashing_at_once > 0 {
        limits.hashing_parallel = accounts.hashing_at_once;
    }
    limits
}

fn rest_state(parts: &Parts<'_>, state: &web::State) -> RestState {
    let verifier = Arc::new(web::Verifier::new(state.clone()));
    let web = state.clone();
    let rest = RestState::new(parts.store.database().clone(), verifier, parts.clock.clone())
        .with_public_url(&parts.policy.issuer.url(""))
        .with_sign_in_path(&state.urls().sign_in())
        .with_dialect(parts.settings.api.errors.into())
        .with_body_limit(parts.settings.server.body_limit.in_memory())
        .with_cursor_key(parts.store.vault().digest(Purpose::Cursor, b"lists of resources"))
        .with_address(Arc::new(move |parts| Some(web.client_address(parts))));
    // One process over a SQLite file counts in its memory, which costs nothing.
    let rest = match parts.store.database().kind() {
        database::Kind::Sqlite => rest,
        database::Kind::Postgres => {
            rest.with_counter(Arc::new(web::SharedCounter::new(parts.store.clone())))
        }
    };
    let Some(readers) = parts.settings.pages.browsable.of_pages() else { return rest };
    let web = state.clone();
    rest.with_pages(state.pages.clone(), state.csrf.clone())
        .with_page_readers(readers)
        .with_navigation(Arc::new(move |signed_in, path| web.navigation(signed_in, path)))
}

/// Browsers keep to https for a year once they have been here by it.
fn security_headers(public_url: &Url) -> SecurityHeaders {
    if public_url.scheme() == "https" {
        SecurityHeaders::https()
    } else {
        SecurityHeaders::plain_http()
    }
}
/// What the resources of all prefixes know about their tables, for `makemigrations`.
pub(crate) fn entities<'r>(
    all: impl Iterator<Item = &'r Resources>,
) -> database::migration::Entities {
    let mut entities = database::migration::Entities::new();
    all.for_each(|resources| resources.tell_entities(&mut entities));
    entities
}
