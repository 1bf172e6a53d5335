//! Passwords at rest: argon2id, slow on purpose, the same for a user who exists and one who does not.
//!
//! Everything here is pure and slow: about 20 ms and 19 MiB per call. Callers run it on blocking threads
//! behind a bound.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use icu_normalizer::ComposingNormalizer;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The longest password in bytes of UTF-8. A longer one is refused, never cut, and never hashed: neither when
/// it is set nor when it is tried, whether or not the user exists.
pub const MAX_BYTES: usize = 512;

/// The bytes of random salt per password.
pub const SALT_BYTES: usize = 16;

const OUTPUT_BYTES: usize = 32;

/// How much work one hash costs (RFC 9106 §3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parameters {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Parameters that are too weak to protect a password or too strong to compute here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParametersError {
    /// Less work than OWASP's recommendation.
    #[error(
        "these argon2 parameters are weaker than OWASP's: memory × passes must be at least 35840 KiB, memory at least 7168 KiB (recommended: 19456 KiB, 2 passes, 1 lane)"
    )]
    Weak,
    /// More than one sign-in may cost.
    #[error(
        "these argon2 parameters cost too much: at most 262144 KiB, 32 passes, 16 lanes, and memory × passes at most 1048576 KiB"
    )]
    Costly,
}

impl Parameters {
    /// OWASP's recommendation: 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    const MAX: Self = Self { memory_kib: 262_144, passes: 32, lanes: 16 };
    const MAX_WORK: u64 = 1_048_576;
    // The weakest line of OWASP's list: 7 MiB with five passes.
    const MIN_MEMORY_KIB: u32 = 7_168;
    const MIN_WORK: u64 = 35_840;

    /// Takes parameters from settings.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ParametersError> {
        let given = Self { memory_kib, passes, lanes };
        if !given.is_affordable() {
            return Err(ParametersError::Costly);
        }
        if lanes == 0 || memory_kib < Self::MIN_MEMORY_KIB || given.work() < Self::MIN_WORK {
            return Err(ParametersError::Weak);
        }
        Ok(given)
    }

    fn work(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }

    fn is_affordable(self) -> bool {
        self.memory_kib <= Self::MAX.memory_kib
            && self.passes <= Self::MAX.passes
            && self.lanes <= Self::MAX.lanes
            && self.work() <= Self::MAX_WORK
    }

    fn to_argon2(self, output_bytes: usize) -> Option<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(output_bytes)).ok()
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self::OWASP
    }
}

/// Why a password cannot be hashed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HashError {
    /// More than [`MAX_BYTES`].
    #[error("Use at most {MAX_BYTES} bytes.")]
    TooLong,
    /// There was no memory for the computation.
    #[error("the password could not be hashed: there was no memory for it")]
    NoMemory,
}

/// A password as stored. The enum inside is where further formats, imported from elsewhere, find their place.
#[derive(Clone)]
pub struct Stored(Format);

#[derive(Clone)]
enum Format {
    Argon2(StoredArgon2),
}

#[derive(Clone)]
struct StoredArgon2 {
    algorithm: Algorithm,
    version: Version,
    parameters: Parameters,
    salt: Salt,
    output: Vec<u8>,
}

/// Why a stored text is not taken for a password hash. It is refused before any work is done for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoredError {
    /// No format that is known here.
    #[error("the stored password has a format that this version does not know")]
    UnknownFormat,
    /// A known format, but not readable.
    #[error("the stored password is damaged")]
    Malformed,
    /// Parameters that would cost more memory or time than a sign-in may.
    #[error("the stored password asks for more memory or time than is allowed")]
    Costly,
}

/// What became of a try. It says nothing to the person who tried; `sign_in` decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The password is right. `rehash` asks to store it anew, since the stored hash is weaker than today's.
    Matches {
        /// Whether the stored hash should be replaced by a fresh one.
        rehash: bool,
    },
    /// The password is wrong, or there is no password to compare with.
    Differs,
}

impl Stored {
    /// Reads what the database holds.
    pub fn parse(text: &str) -> Result<Self, StoredError> {
        // A PHC string of ours has about a hundred characters.
        if text.len() > 512 {
            return Err(StoredError::Malformed);
        }
        if text.starts_with("$argon2") {
            return StoredArgon2::parse(text).map(|stored| Self(Format::Argon2(stored)));
        }
        Err(StoredError::UnknownFormat)
    }

    fn verify(&self, normalised: &[u8], target: Parameters) -> Outcome {
        match &self.0 {
            Format::Argon2(stored) if stored.matches(normalised) => {
                Outcome::Matches { rehash: stored.is_weaker_than(target) }
            }
            Format::Argon2(_) => Outcome::Differs,
        }
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Format::Argon2(stored) => {
                write!(f, "Stored({:?}, {:?})", stored.algorithm, stored.parameters)
            }
        }
    }
}

impl StoredArgon2 {
    fn parse(text: &str) -> Result<Self, StoredError> {
        let phc = PasswordHash::new(text).map_err(|_| StoredError::Malformed)?;
        let algorithm =
            Algorithm::new(phc.algorithm.as_str()).map_err(|_| StoredError::UnknownFormat)?;
        // A hash without a version is of the first one (PHC string format, argon2).
        let version = Version::try_from(phc.version.unwrap_or(0x10))
            .map_err(|_| StoredError::UnknownFormat)?;
        let parameters = parameters_of(&phc.params)?;
        let (salt, output) = phc.salt.zip(phc.hash).ok_or(StoredError::Malformed)?;
        let output = output.as_bytes().to_vec();
        if salt.len() < argon2::MIN_SALT_LEN || output.len() < 16 {
            return Err(StoredError::Malformed);
        }
        parameters.to_argon2(output.len()).ok_or(StoredError::Malformed)?;
        Ok(Self { algorithm, version, parameters, salt, output })
    }

    fn matches(&self, password: &[u8]) -> bool {
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        let Some(params) = self.parameters.to_argon2(output.len()) else { return false };
        Argon2::new(self.algorithm, self.version, params)
            .hash_password_into(password, &self.salt, &mut output)
            .is_ok_and(|()| output.ct_eq(&self.output).into())
    }

    fn is_weaker_than(&self, target: Parameters) -> bool {
        !matches!(self.algorithm, Algorithm::Argon2id)
            || !matches!(self.version, Version::V0x13)
            || self.parameters.work() < target.work()
            || self.salt.len() < SALT_BYTES
            || self.output.len() < OUTPUT_BYTES
    }
}

/// Reads `m`, `t` and `p`, and nothing else: a key id or associated data would change what is computed.
fn parameters_of(params: &ParamsString) -> Result<Parameters, StoredError> {
    if params.iter().any(|(name, _)| !matches!(name.as_str(), "m" | "t" | "p")) {
        return Err(StoredError::UnknownFormat);
    }
    let value = |name: &str| params.get_decimal(name).ok_or(StoredError::Malformed);
    let parameters =
        Parameters { memory_kib: value("m")?, passes: value("t")?, lanes: value("p")? };
    if parameters.is_affordable() { Ok(parameters) } else { Err(StoredError::Costly) }
}

/// Hashes a password for storage, as a PHC string. `salt` is fresh randomness for each password.
pub fn hash(
    password: &str,
    salt: &[u8; SALT_BYTES],
    parameters: Parameters,
) -> Result<String, HashError> {
    let normalised = normalise(password).ok_or(HashError::TooLong)?;
    let output = compute(&normalised, salt, parameters).ok_or(HashError::NoMemory)?;
    let Parameters { memory_kib, passes, lanes } = parameters;
    // Neither can fail for 16 and 32 bytes.
    let salt = Salt::new(salt).map_err(|_| HashError::NoMemory)?;
    let output = Output::new(&*output).map_err(|_| HashError::NoMemory)?;
    let salt = salt.to_salt_string();
    Ok(format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${output}"))
}

/// Compares a password with the stored one. Without a stored one (unknown user, no password set, unreadable
/// hash) the same work is done for nothing, so that the time tells nobody which it was.
pub fn verify(password: &str, stored: Option<&Stored>, parameters: Parameters) -> Outcome {
    let Some(normalised) = normalise(password) else { return Outcome::Differs };
    if let Some(stored) = stored {
        return stored.verify(&normalised, parameters);
    }
    let output = compute(&normalised, &[0; SALT_BYTES], parameters);
    std::hint::black_box(output);
    Outcome::Differs
}

fn compute(
    password: &[u8],
    salt: &[u8; SALT_BYTES],
    parameters: Parameters,
) -> Option<Zeroizing<[u8; OUTPUT_BYTES]>> {
    let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
    let params = parameters.to_argon2(OUTPUT_BYTES)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, &mut *output)
        .ok()?;
    Some(output)
}

/// The bytes that are hashed: NFC, so that the same password typed on two systems is the same
/// (NIST SP 800-63B-4 §3.1.1.2). `None` for a password that is too long to be looked at.
fn normalise(password: &str) -> Option<Zeroizing<Vec<u8>>> {
    if password.len() > MAX_BYTES {
        return None;
    }
    let normalised = ComposingNormalizer::new_nfc().normalize(password);
    Some(Zeroizing::new(normalised.into_owned().into_bytes()))
}

#[cfg(test)]
mod tests;
