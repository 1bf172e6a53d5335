//! The handle that the other rooms hold: every operation that needs a key, and no way to the keys.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, JwkSet};
use oauth::access_token::AccessToken;
use oauth::id::{ApplicationId, AuthorizationId, UserId};
use oauth::secret::Secret;
use oauth::subject::Sector;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::derive::{Derived, Purpose};
use crate::master_key::{Fingerprint, MasterKey};
use crate::sealing::{InstallError, KeyId, OpenError, SealError, SealingKey, SealingKeys};
use crate::signing::{SignError, SigningKey, SigningKeys};
use crate::wrapping::{self, KeyUse, UnwrapError, WrapError};

/// All key material of a running server; clones are cheap and share the keys.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    fingerprint: Fingerprint,
    derived: Derived,
    // Readers take the lock only to clone the `Arc`; a rotation never waits for a token that is being opened.
    sealing: RwLock<Arc<SealingKeys>>,
    signing: RwLock<Arc<SigningKeys>>,
}

impl Vault {
    /// A vault under `master`, with no other key yet: [`Vault::install`] and [`Vault::install_signing`] bring them.
    #[expect(clippy::needless_pass_by_value, reason = "the master key is used up and wiped here")]
    pub fn new(master: MasterKey) -> Self {
        Self(Arc::new(Inner {
            fingerprint: master.fingerprint(),
            derived: Derived::new(&master.mac_key()),
            sealing: RwLock::new(Arc::new(SealingKeys::none())),
            signing: RwLock::new(Arc::new(SigningKeys::none())),
        }))
    }

    /// The fingerprint of the master key, to be compared with the stored one at start.
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// Replaces the set of sealing keys, for all clones at once: `current` seals new tokens, all of them open.
    /// On an error the keys that were installed before stay.
    pub fn install(&self, keys: Vec<SealingKey>, current: KeyId) -> Result<(), InstallError> {
        let fresh = Arc::new(SealingKeys::new(keys, current)?);
        *self.0.sealing.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The same vault with these sealing keys: for building one in a single expression.
    pub fn with_keys(self, keys: Vec<SealingKey>, current: KeyId) -> Result<Self, InstallError> {
        self.install(keys, current)?;
        Ok(self)
    }

    /// The names of the installed sealing keys.
    pub fn key_ids(&self) -> Vec<KeyId> {
        self.sealing().ids().collect()
    }

    /// The name of the key that seals new tokens, if one is installed.
    pub fn current_key(&self) -> Option<KeyId> {
        self.sealing().current()
    }

    /// Writes an access token as an opaque text (PASETO v4.local, at most [`crate::MAX_SEALED_LENGTH`] characters).
    pub fn seal(&self, token: &AccessToken) -> Result<String, SealError> {
        self.sealing().seal(token)
    }

    /// Reads back what [`Vault::seal`] wrote. An expired token still opens: whether it is alive is a rule of
    /// `oauth`, which also needs the facts about its user, client and authorization.
    pub fn open(&self, text: &str) -> Result<AccessToken, OpenError> {
        self.sealing().open(text)
    }

    /// The MAC inside a refresh token: over the authorization, its generation and its row's random seed.
    /// The same inputs give the same MAC, so a successor that was lost on the way can be answered again.
    pub fn refresh_mac(
        &self,
        authorization: AuthorizationId,
        generation: u32,
        seed: &[u8; 16],
    ) -> [u8; 32] {
        let id = authorization.as_uuid();
        self.0.derived.refresh.mac(&[id.as_bytes(), &generation.to_be_bytes(), seed])
    }

    /// Whether `mac` is the one for these inputs, in constant time.
    pub fn refresh_mac_matches(
        &self,
        authorization: AuthorizationId,
        generation: u32,
        seed: &[u8; 16],
        mac: &[u8; 32],
    ) -> bool {
        self.refresh_mac(authorization, generation, seed).ct_eq(mac).into()
    }

    /// The MAC inside an authorization code: over the authorization and its row's random seed.
    pub fn code_mac(&self, authorization: AuthorizationId, seed: &[u8; 16]) -> [u8; 32] {
        self.0.derived.code.mac(&[authorization.as_uuid().as_bytes(), seed])
    }

    /// Whether `mac` is the one for these inputs, in constant time.
    pub fn code_mac_matches(
        &self,
        authorization: AuthorizationId,
        seed: &[u8; 16],
        mac: &[u8; 32],
    ) -> bool {
        self.code_mac(authorization, seed).ct_eq(mac).into()
    }

    /// The keyed digest of a secret, to be stored or looked up in its place. Only for values of at least
    /// 128 random bits; a password that a person chose belongs to `accounts::password`.
    pub fn digest(&self, purpose: Purpose, value: &[u8]) -> [u8; 32] {
        self.0.derived.mac(purpose, &[value])
    }

    /// Whether `value` has this digest, in constant time.
    pub fn digest_matches(&self, purpose: Purpose, value: &[u8], digest: &[u8; 32]) -> bool {
        self.digest(purpose, value).ct_eq(digest).into()
    }

    /// The `sub` under which the clients of a sector know a person (OpenID Connect Core 1.0 §8.1): 43 characters
    /// of base64url. The same person is another one in every other sector, and nobody without the master key
    /// can work out who it is. It lasts as long as the master key: under a new one, clients meet strangers.
    pub fn pairwise_subject(&self, sector: &Sector, user: UserId) -> String {
        let (sector, user) = (sector.as_str().as_bytes(), user.as_uuid().into_bytes());
        URL_SAFE_NO_PAD.encode(self.0.derived.mac(Purpose::PairwiseSubject, &[sector, &user]))
    }

    /// Replaces the set of signing keys, for all clones at once: all are published, and those named in
    /// `current`, one for an algorithm at most, sign. On an error the keys that were installed before stay.
    pub fn install_signing(
        &self,
        keys: Vec<SigningKey>,
        current: Vec<KeyId>,
    ) -> Result<(), InstallError> {
        let fresh = Arc::new(SigningKeys::new(keys, current)?);
        *self.0.signing.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The public halves of all installed signing keys: what is published, and what our own signatures are
    /// verified with.
    pub fn public_keys(&self) -> Arc<JwkSet> {
        self.signing().public()
    }

    /// The algorithms for which a key signs.
    pub fn signing_algorithms(&self) -> Vec<Algorithm> {
        self.signing().algorithms().collect()
    }

    /// Signs `payload` as a JWS in compact form whose header names the media type, the algorithm and the key.
    /// With an RSA key it takes 0.3 ms or more; everything else is below 0.1 ms but ES384 and ES512.
    pub fn sign(
        &self,
        typ: Option<&str>,
        algorithm: Algorithm,
        payload: &[u8],
    ) -> Result<String, SignError> {
        self.signing().sign(typ, algorithm, payload)
    }

    /// Encrypts a sealing key for its row.
    pub fn wrap_sealing_key(&self, key: &SealingKey) -> Result<String, WrapError> {
        self.wrap(key.id(), KeyUse::AccessToken, key.material())
    }

    /// Opens a stored sealing key.
    pub fn unwrap_sealing_key(&self, id: KeyId, wrapped: &str) -> Result<SealingKey, UnwrapError> {
        let material = self.unwrap(id, KeyUse::AccessToken, wrapped)?;
        SealingKey::new(id, &material).ok_or(UnwrapError::Malformed(id))
    }

    /// Encrypts a signing key for its row.
    pub fn wrap_signing_key(&self, key: &SigningKey) -> Result<String, WrapError> {
        let material = key.material().ok_or(WrapError)?;
        self.wrap(key.id(), KeyUse::Signing(key.algorithm()), &material)
    }

    /// Opens a stored signing key. A row whose algorithm was changed does not open.
    pub fn unwrap_signing_key(
        &self,
        id: KeyId,
        algorithm: Algorithm,
        wrapped: &str,
    ) -> Result<SigningKey, UnwrapError> {
        let material = self.unwrap(id, KeyUse::Signing(algorithm), wrapped)?;
        SigningKey::from_material(id, algorithm, &material).ok_or(UnwrapError::Malformed(id))
    }

    /// Encrypts the secret of a client that this server must know in clear (`client_secret_jwt`, ID tokens
    /// with HS256), bound to the application that it belongs to. Every other secret is stored as a digest.
    pub fn wrap_client_secret(
        &self,
        application: ApplicationId,
        secret: &Secret,
    ) -> Result<String, WrapError> {
        let id = KeyId(application.as_uuid());
        self.wrap(id, KeyUse::ClientSecret, secret.expose().as_bytes())
    }

    /// Opens what [`Vault::wrap_client_secret`] wrote for the same application.
    pub fn unwrap_client_secret(
        &self,
        application: ApplicationId,
        wrapped: &str,
    ) -> Result<Secret, UnwrapError> {
        let id = KeyId(application.as_uuid());
        let material = self.unwrap(id, KeyUse::ClientSecret, wrapped)?;
        let text = std::str::from_utf8(&material).map_err(|_| UnwrapError::Malformed(id))?;
        Ok(Secret::from(text))
    }

    /// Encrypts a key for its row, bound to the row's name and its use.
    pub(crate) fn wrap(
        &self,
        id: KeyId,
        usage: KeyUse,
        material: &[u8],
    ) -> Result<String, WrapError> {
        wrapping::wrap(&self.0.derived.wrapping, id, usage, material)
    }

    /// Opens what [`Vault::wrap`] wrote for the same row and use.
    pub(crate) fn unwrap(
        &self,
        id: KeyId,
        usage: KeyUse,
        wrapped: &str,
    ) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
        wrapping::unwrap(&self.0.derived.wrapping, id, usage, wrapped)
    }

    fn signing(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.0.signing.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn sealing(&self) -> Arc<SealingKeys> {
        Arc::clone(&self.0.sealing.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.0.fingerprint)
    }
}

#[cfg(test)]
mod tests;
