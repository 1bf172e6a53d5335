//! Makes the way out from the settings: what may be fetched, and who is believed.

use fetch::{ExtraRoots, Fetcher, Policy};

use crate::error::{Error, Exit, Result};
use crate::settings::Settings;

/// The fetcher of the settings.
pub(crate) fn fetcher(settings: &Settings) -> Result<Fetcher> {
    let fetch = &settings.fetch;
    let policy = Policy {
        allow_http: fetch.allow_http,
        allow_private_networks: fetch.allow_private_networks,
        timeout: fetch.timeout.duration(),
        extra_roots: extra_roots(settings)?,
        ..Policy::default()
    };
    Ok(Fetcher::new(policy))
}

fn extra_roots(settings: &Settings) -> Result<ExtraRoots> {
    let Some(path) = &settings.fetch.extra_ca_file else { return Ok(ExtraRoots::default()) };
    let wrong = |why: String| {
        let told = format!("fetch.extra_ca_file names {}, but {why}.", path.display());
        Error::new(Exit::BadSettings, told)
    };
    let pem = std::fs::read(path).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    ExtraRoots::parse(&pem).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[test]
    fn the_settings_become_the_rules_of_the_fetcher() {
        let admits = |change: fn(&mut Settings), url: &str| {
            let mut settings = Settings::default();
            change(&mut settings);
            fetcher(&settings).unwrap().admits(&Url::parse(url).unwrap()).is_ok()
        };
        for (url, by_default, private, http) in [
            ("https://client.example/", true, true, true),
            ("https://10.0.0.1/", false, true, false),
            ("https://169.254.169.254/", false, false, false),
            ("http://client.example/", false, false, true),
        ] {
            assert_eq!(admits(|_| {}, url), by_default, "{url}");
            assert_eq!(admits(|s| s.fetch.allow_private_networks = true, url), private, "{url}");
            assert_eq!(admits(|s| s.fetch.allow_http = true, url), http, "{url}");
        }
    }

    #[test]
    fn a_file_of_authorities_that_cannot_be_used_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (missing, empty) = (folder.path().join("missing"), folder.path().join("empty.pem"));
        std::fs::write(&empty, "nothing").unwrap();
        for (path, text) in [(missing, "cannot be read"), (empty, "no certificate in it")] {
            let mut settings = Settings::default();
            settings.fetch.extra_ca_file = Some(path);
            let error = fetcher(&settings).unwrap_err();
            assert_eq!(error.exit(), Exit::BadSettings);
            let error = error.to_string();
            assert!(error.contains("fetch.extra_ca_file") && error.contains(text), "{error}");
        }
    }
}
