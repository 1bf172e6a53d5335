//! The certificate and the private key of the server, as they stand in their files.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::{InconsistentKeys, ServerConfig};
use zeroize::Zeroizing;

use super::Validity;
use crate::error::{Error, Exit, Result};
use crate::settings::Server;

/// A certificate with those that lead to its authority, and the key that belongs to it.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// Where they stand, for errors.
    place: String,
}

impl Identity {
    /// Reads both; `None` if the settings name no certificate.
    pub(crate) fn read(settings: &Server) -> Result<Option<Self>> {
        let Some(path) = &settings.tls_certificate else { return Ok(None) };
        let pem = read(path, "The TLS certificate", "server.tls_certificate")?;
        let chain = chain(&pem).map_err(|why| {
            wrong(format!("server.tls_certificate names {}, but {why}.", path.display()))
        })?;
        let (key, place) = key(settings)?;
        let place = format!("The certificate in {} and the key in {place}", path.display());
        Ok(Some(Self { chain, key, place }))
    }

    /// How a server speaks TLS with it: TLS 1.2 and 1.3, forward secrecy and authenticated encryption only (BCP 195),
    /// no early data.
    pub(crate) fn into_config(self) -> Result<Arc<ServerConfig>> {
        let Self { chain, key, place } = self;
        let failed = |error: rustls::Error| {
            wrong(match error {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
                    "{place} do not belong together. Give the key that the certificate was requested with, and let the \
                     server's own certificate stand first in its file."
                ),
                error => format!("{place} cannot be used: {error}."),
            })
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(failed)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// From when until when the certificate holds; `None` if it does not say so as RFC 5280 §4.1.2.5 asks.
    pub(crate) fn validity(&self) -> Option<Validity> {
        Validity::of(self.chain.first()?)
    }

    /// Whether the certificate is one for this host name or address.
    pub(crate) fn covers(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let (Some(certificate), Ok(name)) = (self.chain.first(), ServerName::try_from(bare)) else {
            return false;
        };
        ParsedCertificate::try_from(certificate)
            .is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, &name).is_ok())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("place", &self.place).finish_non_exhaustive()
    }
}

fn chain(pem: &[u8]) -> std::result::Result<Vec<CertificateDer<'static>>, String> {
    let chain: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if chain.is_empty() => {
            Err("there is no certificate in it (between BEGIN CERTIFICATE and END CERTIFICATE)"
                .to_owned())
        }
        Ok(chain) => Ok(chain),
        Err(error) => Err(format!("that is not PEM: {error}")),
    }
}

/// The key, and where it stands.
fn key(settings: &Server) -> Result<(PrivateKeyDer<'static>, String)> {
    let (pem, place, advice) = match (&settings.tls_key, &settings.tls_key_file) {
        (Some(text), _) => {
            let pem = Zeroizing::new(text.expose().as_bytes().to_vec());
            let advice = " To name a file, set server.tls_key_file.";
            (pem, "server.tls_key".to_owned(), advice)
        }
        (None, Some(path)) => {
            let pem = read(path, "The TLS key", "server.tls_key_file")?;
            (pem, path.display().to_string(), "")
        }
        (None, None) => {
            let told = "server.tls_certificate is set without its key: set server.tls_key_file.";
            return Err(wrong(told.to_owned()));
        }
    };
    // The error of the reader says only what kind of thing was wrong, and nothing of the key.
    match PrivateKeyDer::from_pem_slice(&pem) {
        Ok(key) => Ok((key, place)),
        Err(_) => Err(wrong(format!(
            "There is no private key in {place} that can be used: it stands in PEM form between BEGIN PRIVATE KEY and END \
             PRIVATE KEY. One that begins with BEGIN ENCRYPTED PRIVATE KEY has to be freed of its passphrase first.{advice}"
        ))),
    }
}

fn read(path: &Path, what: &str, setting: &str) -> Result<Zeroizing<Vec<u8>>> {
    std::fs::read(path).map(Zeroizing::new).map_err(|error| {
        wrong(format!("{what} {} cannot be read: {error}. {setting} names it.", path.display()))
    })
}

fn wrong(text: String) -> Error {
    Error::new(Exit::BadSettings, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fetch::testing::Authority;
    use std::path::PathBuf;

    /// Files for the settings, and the settings that name them.
    struct Files(tempfile::TempDir);

    impl Files {
        fn with(certificate: &str, key: &str) -> (Self, Server) {
            let files = Self(tempfile::tempdir().unwrap());
            let settings = Server {
                tls_certificate: Some(files.write("cert.pem", certificate)),
                tls_key_file: Some(files.write("key.pem", key)),
                ..Server::default()
            };
            (files, settings)
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        }
    }

    fn fault(settings: &Server) -> String {
        let read = Identity::read(settings).and_then(|read| read.unwrap().into_config());
        let error = read.unwrap_err();
        assert_eq!(error.exit(), Exit::BadSettings);
        error.to_string()
    }

    #[test]
    fn a_pair_that_cannot_be_used_is_told_with_its_reason() {
        let authority = Authority::new();
        let (certificate, key) = authority.issue(&["a.example"]);
        let (_, other_key) = authority.issue(&["a.example"]);
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (certificate, key, text) in [
            (certificate.as_str(), other_key.as_str(), "do not belong together"),
            (certificate.as_str(), "", "no private key"),
            (certificate.as_str(), certificate.as_str(), "no private key"),
            (certificate.as_str(), encrypted.as_str(), "freed of its passphrase"),
            ("", key.as_str(), "no certificate in it"),
            (key.as_str(), key.as_str(), "no certificate in it"),
            (broken, key.as_str(), "not PEM"),
            (hollow, key.as_str(), "cannot be used"),
        ] {
            let (_files, settings) = Files::with(certificate, key);
            let told = fault(&settings);
            assert!(told.contains(text), "{told}");
            assert!(
                !told.contains(key.lines().nth(1).unwrap_or("-")),
                "the key stays unsaid: {told}"
            );
        }
        let (files, mut settings) = Files::with(&certificate, &key);
        settings.tls_key_file = Some(files.0.path().join("missing.pem"));
        assert!(fault(&settings).contains("missing.pem cannot be read"));
        settings.tls_key_file = None;
        assert!(fault(&settings).contains("set server.tls_key_file"));
        settings.tls_key = Some("/etc/key.pem".into());
        assert!(fault(&settings).contains("To name a file, set server.tls_key_file"));
        settings.tls_key = Some(key.as_str().into());
        assert!(Identity::read(&settings).unwrap().unwrap().into_config().is_ok());
    }

    #[test]
    fn a_certificate_says_its_names_and_its_time() {
        let (certificate, key) =
            Authority::new().issue(&["a.example", "*.b.example", "127.0.0.1", "::1"]);
        let (_files, settings) = Files::with(&certificate, &key);
        let identity = Identity::read(&settings).unwrap().unwrap();
        for (host, covered) in [
            ("a.example", true),
            ("x.b.example", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("b.example", false),
            ("x.a.example", false),
            ("127.0.0.2", false),
            ("", false),
        ] {
            assert_eq!(identity.covers(host), covered, "{host}");
        }
        assert!(identity.validity().is_some());
    }
}
