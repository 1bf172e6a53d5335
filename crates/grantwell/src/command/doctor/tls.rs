//! What `doctor` looks at when the server speaks https itself: the pair, its time, its names, who can read the key.

use std::time::Duration;

use oauth::time::Timestamp;

use super::{Finding, Level};
use crate::open;
use crate::server::{Identity, Validity};
use crate::settings::Settings;

/// A certificate that ends within this time should have been renewed; one that lives shorter, in its last third.
const SOON: Duration = Duration::from_hours(14 * 24);
const DAY: u64 = 24 * 60 * 60;

pub(super) fn findings(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let identity = match Identity::read(&settings.server) {
        Ok(None) => return Vec::new(),
        Ok(Some(identity)) => identity,
        Err(error) => return vec![of_the_pair(error.to_string())],
    };
    let mut findings = Vec::new();
    findings.extend(identity.validity().and_then(|validity| of_time(validity, now)));
    if let Ok(url) = crate::policy::public_url(settings)
        && let Some(host) = url.host_str()
        && !identity.covers(host)
    {
        findings.push(Finding::new(
            "tls.name",
            Level::Error,
            format!("The TLS certificate is not for {host}, under which people reach this server."),
            "Request a certificate for that name, or correct server.public_url.",
        ));
    }
    findings.extend(identity.into_config().err().map(|error| of_the_pair(error.to_string())));
    if let Some(key) = &settings.server.tls_key_file
        && open::is_readable_by_others(key)
    {
        findings.push(Finding::new(
            "tls.readable",
            Level::Error,
            format!("Others on this machine can read the TLS key in {}.", key.display()),
            format!("Run: chmod 600 {}", key.display()),
        ));
    }
    findings
}

fn of_the_pair(text: String) -> Finding {
    Finding::new(
        "tls.pair",
        Level::Error,
        text,
        "Mend these files: the server does not start with them.",
    )
}

fn of_time(validity: Validity, now: Timestamp) -> Option<Finding> {
    let Validity { not_before, not_after } = validity;
    let finding = |id, level, text: String| {
        let fix = "Renew it, put it in place of the old one, and send the server SIGHUP.";
        Some(Finding::new(id, level, text, fix))
    };
    if now > not_after {
        let days = now.since(not_after).as_secs() / DAY;
        let text = format!("The TLS certificate has ended ({days} days ago): nobody can connect.");
        return finding("tls.expired", Level::Error, text);
    }
    if now < not_before {
        let text = "The TLS certificate is not good yet: nobody can connect. Is the clock right?";
        return finding("tls.not_yet", Level::Error, text.to_owned());
    }
    let left = not_after.since(now);
    if left < SOON.min(not_after.since(not_before) / 3) {
        let text = format!("The TLS certificate ends in {} days.", left.as_secs() / DAY);
        return finding("tls.expiry", Level::Warning, text);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use fetch::testing::Authority;
    use std::os::unix::fs::PermissionsExt as _;

    fn at(text: &str) -> Timestamp {
        let day: chrono::NaiveDate = text.parse().unwrap();
        Timestamp::from_seconds(day.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp())
    }

    #[test]
    fn each_mistake_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let (certificate, key) = authority.issue_between(&["id.example.org"], 2030, 2031);
        let (_, other) = authority.issue(&["id.example.org"]);
        let ids = |certificate: &str, key: &str, mode: u32, url: &str, now: &str| -> Vec<String> {
            let write = |name: &str, text: &str| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
                Some(path)
            };
            let mut settings = Settings::default();
            settings.server.tls_certificate = write("cert.pem", certificate);
            settings.server.tls_key_file = write("key.pem", key);
            settings.server.public_url = url.parse().ok();
            findings(&settings, at(now)).into_iter().map(|finding| finding.id).collect()
        };
        let (good, url) = ((certificate.as_str(), key.as_str()), "https://id.example.org");
        for (pair, mode, url, now, expected) in [
            (good, 0o600, url, "2030-06-01", vec![]),
            (good, 0o600, url, "2030-12-17", vec![]),
            (good, 0o600, url, "2030-12-19", vec!["tls.expiry"]),
            (good, 0o600, url, "2031-01-01", vec!["tls.expired"]),
            (good, 0o600, url, "2029-12-31", vec!["tls.not_yet"]),
            (good, 0o600, "https://other.example.org", "2030-06-01", vec!["tls.name"]),
            (good, 0o640, url, "2030-06-01", vec!["tls.readable"]),
            ((good.0, other.as_str()), 0o600, url, "2030-06-01", vec!["tls.pair"]),
            (("", good.1), 0o600, url, "2030-06-01", vec!["tls.pair"]),
        ] {
            assert_eq!(ids(pair.0, pair.1, mode, url, now), expected, "{url} {now} {mode:o}");
        }
        assert!(findings(&Settings::default(), at("2030-06-01")).is_empty());
    }

    #[test]
    fn a_certificate_of_days_is_not_always_about_to_end() {
        let hours = |hours: i64| Timestamp::from_seconds(hours * 3600);
        let validity = Validity { not_before: hours(0), not_after: hours(6 * 24) };
        assert!(of_time(validity, hours(95)).is_none());
        assert_eq!(of_time(validity, hours(97)).unwrap().id, "tls.expiry");
    }
}
