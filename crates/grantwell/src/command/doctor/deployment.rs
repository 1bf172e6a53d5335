//! What `doctor --deploy` adds: what a server on the internet must not have.

use super::{Finding, Level};
use crate::open;
use crate::server::is_loopback;
use crate::settings::Settings;

pub(super) fn findings(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &settings.server.public_url {
        None => findings.push(Finding::new(
            "deploy.public_url",
            Level::Error,
            "server.public_url is not set, so links and the issuer name this machine only.",
            "Set it to the https address that people use.",
        )),
        Some(url) if url.scheme() != "https" => findings.push(Finding::new(
            "deploy.https",
            Level::Error,
            format!("server.public_url is {url}: passwords and tokens travel readable."),
            "Set server.tls_certificate and server.tls_key_file, or put a proxy with a certificate in front; then set the https \
             address.",
        )),
        Some(url) if is_loopback(url) => findings.push(Finding::new(
            "deploy.loopback",
            Level::Error,
            format!("server.public_url is {url}, which only this machine reaches."),
            "Set it to the https address that people use.",
        )),
        Some(_) => {}
    }
    if settings.pages.reload_templates {
        let fix = "Turn pages.reload_templates off.";
        findings.push(Finding::new(
            "deploy.reload",
            Level::Warning,
            "Templates are read again for each page.",
            fix,
        ));
    }
    if settings.log.level.contains("debug") || settings.log.level.contains("trace") {
        let text = format!(
            "log.level is {:?}: that is slow, and says more than an operator should see.",
            settings.log.level
        );
        findings.push(Finding::new("deploy.log", Level::Warning, text, "Set log.level to info."));
    }
    let own_key = settings.keys.master_key.is_some() || settings.keys.master_key_file.is_some();
    if !own_key && open::sqlite_file(settings.database_url()).is_none() {
        let text = "The master key is a file in the current folder; other servers over this database need the same one.";
        let fix = "Set keys.master_key_file (or GRANTWELL__KEYS__MASTER_KEY) and back it up apart from the database.";
        findings.push(Finding::new("deploy.master_key", Level::Warning, text, fix));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(change: impl FnOnce(&mut Settings)) -> Vec<String> {
        let mut settings = Settings::default();
        settings.server.public_url = "https://id.example.org".parse().ok();
        change(&mut settings);
        findings(&settings).into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn each_mistake_is_found() {
        assert!(ids(|_| {}).is_empty());
        assert_eq!(ids(|s| s.server.public_url = None), ["deploy.public_url"]);
        assert_eq!(
            ids(|s| s.server.public_url = "http://id.example.org".parse().ok()),
            ["deploy.https"]
        );
        assert_eq!(
            ids(|s| s.server.public_url = "https://localhost".parse().ok()),
            ["deploy.loopback"]
        );
        assert_eq!(ids(|s| s.pages.reload_templates = true), ["deploy.reload"]);
        assert_eq!(ids(|s| s.log.level = "info,sqlx=debug".into()), ["deploy.log"]);
        assert_eq!(ids(|s| s.database.url = Some("postgres://h/d".into())), ["deploy.master_key"]);
    }
}
