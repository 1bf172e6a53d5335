//! The list of addresses that a project answers to.

use oauth::policy::Capabilities;
use serde::Serialize;

use crate::project::Project;

/// One address.
#[derive(Debug, Serialize)]
pub(crate) struct Route {
    /// The path, with `{…}` for what varies.
    pub(crate) path: String,
    /// What is there.
    pub(crate) about: String,
}

/// Every address, by the part of the house that answers.
pub(crate) fn routes(project: &Project, admin: Option<&str>, docs: bool) -> Vec<Route> {
    let mut routes = Vec::new();
    let mut add = |path: String, about: &str| routes.push(Route { path, about: about.to_owned() });
    for (prefix, resources) in project.mounted() {
        for path in resources.paths(prefix) {
            add(path, "resource");
        }
    }
    for chooser in project.choosers() {
        add(format!("{}/{{…}}", chooser.prefix()), "the version that a header names");
    }
    if docs {
        add(rest::docs::PAGE.to_owned(), "the API, described and tried out in a browser");
        add(rest::docs::JSON.to_owned(), "the API as an OpenAPI document");
        add(rest::docs::YAML.to_owned(), "the same as YAML");
    }
    let urls = web::Urls::default();
    add(urls.register(), "make an account and get tokens");
    add(urls.token(), "sign in and get tokens");
    add(urls.refresh(), "trade a refresh token for new tokens");
    add(urls.revoke(), "end tokens");
    let endpoints = Capabilities::default().endpoints;
    for (path, about) in [
        (endpoints.authorization, "authorization endpoint (RFC 6749 §3.1)"),
        (endpoints.pushed_authorization_request, "pushed authorization requests (RFC 9126)"),
        (endpoints.device_authorization, "where devices begin (RFC 8628 §3.1)"),
        (endpoints.token, "token endpoint (RFC 6749 §3.2)"),
        (endpoints.revocation, "token revocation (RFC 7009)"),
        (endpoints.introspection, "token introspection (RFC 7662)"),
        (endpoints.userinfo, "who a token is about (OpenID Connect Core §5.3)"),
        (endpoints.end_session, "sign out for an application (RP-Initiated Logout)"),
        (endpoints.registration, "clients register themselves, if they may (RFC 7591)"),
        (endpoints.jwks, "public keys (RFC 7517 §5)"),
    ] {
        if let Some(path) = path {
            add(path, about);
        }
    }
    add("/.well-known/oauth-authorization-server".to_owned(), "metadata of the server (RFC 8414)");
    add(
        "/.well-known/openid-configuration".to_owned(),
        "the same for OpenID Connect (Discovery §4)",
    );
    add("/.well-known/oauth-protected-resource".to_owned(), "metadata of the resources (RFC 9728)");
    add(urls.applications(), "one's own applications");
    add(urls.new_application(), "register an application");
    add(urls.authorized(), "the applications that have access to one's account");
    add(urls.device(), "let a device in");
    add(urls.sign_in(), "sign in");
    add(urls.sign_up(), "make an account, if anybody may");
    add(urls.sign_out(), "sign out");
    add(urls.profile(), "one's own account");
    add(urls.change_password(), "a new password");
    add(format!("{}/", urls.setup), "make the first administrator");
    for (path, about) in admin.into_iter().flat_map(admin::paths) {
        add(path, about);
    }
    add("/livez".to_owned(), "whether the process runs");
    add("/readyz".to_owned(), "whether it should be sent requests");
    routes
}
