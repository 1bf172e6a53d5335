//! Whom we believe: the certificate authorities of the system, and those that were given besides.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

use crate::error::FetchError;

/// Certificate authorities that are trusted besides those of the system: those of a closed network, or of a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtraRoots(Vec<CertificateDer<'static>>);

/// Why a file is no list of certificate authorities.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// There is no certificate in it.
    #[error(
        "there is no certificate in it; each stands between BEGIN CERTIFICATE and END CERTIFICATE"
    )]
    Empty,
    /// Something in it is not PEM.
    #[error("it is not PEM: {0}")]
    NotPem(String),
    /// A certificate in it cannot be trusted as an authority. The number counts from 1.
    #[error("certificate {0} in it cannot be used: {1}")]
    Unusable(usize, String),
}

impl ExtraRoots {
    /// Reads certificates in PEM form.
    ///
    /// # Errors
    /// When there is none, or one that cannot be used.
    pub fn parse(pem: &[u8]) -> Result<Self, RootsError> {
        let mut roots = Vec::new();
        for (at, found) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let root = found.map_err(|error| RootsError::NotPem(error.to_string()))?;
            RootCertStore::empty()
                .add(root.clone())
                .map_err(|error| RootsError::Unusable(at + 1, error.to_string()))?;
            roots.push(root);
        }
        if roots.is_empty() { Err(RootsError::Empty) } else { Ok(Self(roots)) }
    }
}

/// How we speak TLS, made when it is first needed: reading the system's authorities takes a while.
#[derive(Debug, Default)]
pub(crate) struct Tls(OnceCell<Arc<ClientConfig>>);

impl Tls {
    pub(crate) async fn config(&self, extra: &ExtraRoots) -> Result<Arc<ClientConfig>, FetchError> {
        let make = || async {
            let extra = extra.clone();
            tokio::task::spawn_blocking(move || config(&extra))
                .await
                .map_err(|error| FetchError::Setup(error.to_string()))?
        };
        self.0.get_or_try_init(make).await.cloned()
    }
}

fn config(extra: &ExtraRoots) -> Result<Arc<ClientConfig>, FetchError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    let (_, unusable) = roots.add_parsable_certificates(system.certs);
    if unusable > 0 || !system.errors.is_empty() {
        let (unusable, errors) = (unusable + system.errors.len(), &system.errors);
        tracing::debug!(
            unusable,
            ?errors,
            "some certificate authorities of the system are left out"
        );
    }
    roots.add_parsable_certificates(extra.0.iter().cloned());
    if roots.is_empty() {
        return Err(FetchError::Setup(
            "This machine trusts no certificate authority, so nothing can be fetched over https. Install its package of \
             certificates (often called ca-certificates), or name a file of them in fetch.extra_ca_file."
                .to_owned(),
        ));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| FetchError::Setup(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_authorities_is_refused() {
        for (pem, error) in [
            ("", RootsError::Empty),
            ("hello", RootsError::Empty),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", RootsError::Empty),
        ] {
            assert_eq!(ExtraRoots::parse(pem.as_bytes()), Err(error), "{pem}");
        }
        let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        assert!(matches!(ExtraRoots::parse(broken.as_bytes()), Err(RootsError::NotPem(_))));
        let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(ExtraRoots::parse(hollow.as_bytes()), Err(RootsError::Unusable(1, _))));
    }
}
