//! The keys that come from the master key, one per purpose, and the MACs made with them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a digest is for. Each purpose has its own key, so a value digested for one never matches for another.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Purpose {
    /// The secret of a confidential client.
    ClientSecret,
    /// The identifier in a browser's session cookie.
    Session,
    /// What a browser shows pages of clients of its session, so that they see when it changes.
    BrowserState,
    /// The one-time link for the first administrator, or for a person who was invited.
    SetupLink,
    /// The name of a pushed authorization request (RFC 9126 §2.2).
    PushedRequest,
    /// The token that lets somebody register a client (RFC 7591 §3).
    InitialAccess,
    /// The token by which a client looks after its registration (RFC 7592 §3).
    RegistrationAccess,
    /// The code by which a device asks what has become of its request (RFC 8628 §3.2).
    DeviceCode,
    /// The code that a person types for a device. It has few bits: whoever has the master key too can try them all.
    UserCode,
    /// An assertion that has been used (RFC 7523 §3, `jti`), so that the table does not show who used what.
    Replay,
    /// What an authorization request has come to while the browser is at the sign-in page.
    Interaction,
    /// The token that guards a form against requests from elsewhere.
    Csrf,
    /// A state of a thing, as callers of the admin API name it when they change it (`ETag`).
    EntityTag,
    /// A place in a list of a resource, handed out so that the caller can go on from there.
    Cursor,
    /// A name or address under which tries are counted, so that the table does not show who tried.
    Throttle,
    /// Who asked for what under which `Idempotency-Key`, so that the table shows neither.
    Answer,
    /// The pairwise `sub` of a person (OpenID Connect Core 1.0 §8.1); made by [`crate::Vault::pairwise_subject`].
    PairwiseSubject,
}

impl Purpose {
    // Changing a label makes every stored digest of that purpose useless.
    fn label(self) -> &'static str {
        match self {
            Self::ClientSecret => "client secret",
            Self::Session => "session",
            Self::BrowserState => "browser state",
            Self::SetupLink => "setup link",
            Self::PushedRequest => "pushed request",
            Self::InitialAccess => "initial access token",
            Self::RegistrationAccess => "registration access token",
            Self::DeviceCode => "device code",
            Self::UserCode => "user code",
            Self::Replay => "replay",
            Self::Interaction => "interaction",
            Self::Csrf => "csrf",
            Self::EntityTag => "entity tag",
            Self::Cursor => "list cursor",
            Self::Throttle => "throttle",
            Self::Answer => "remembered answer",
            Self::PairwiseSubject => "pairwise subject",
        }
    }
}

/// A keyed HMAC-SHA-256 that is ready to be cloned and fed; its state is wiped when dropped.
#[derive(Clone)]
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// HMAC takes a key of any length (RFC 2104 §2), so making one cannot fail for 32 bytes.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let mut block = Zeroizing::new([0; 64]);
        for (slot, byte) in block.iter_mut().zip(key) {
            *slot = *byte;
        }
        // A key shorter than the block is padded with zeros: the padded block is the same key.
        Self(Hmac::new((&*block).into()))
    }

    /// The MAC of the parts. Each part is preceded by its length, so no two lists of parts collide.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The keys below one master key; all are fixed for its whole life.
pub(crate) struct Derived {
    pub(crate) wrapping: Zeroizing<[u8; 32]>,
    pub(crate) refresh: MacKey,
    pub(crate) code: MacKey,
    client_secret: MacKey,
    session: MacKey,
    browser_state: MacKey,
    setup_link: MacKey,
    pushed_request: MacKey,
    initial_access: MacKey,
    registration_access: MacKey,
    device_code: MacKey,
    user_code: MacKey,
    replay: MacKey,
    interaction: MacKey,
    csrf: MacKey,
    entity_tag: MacKey,
    cursor: MacKey,
    throttle: MacKey,
    answer: MacKey,
    pairwise_subject: MacKey,
}

impl Derived {
    pub(crate) fn new(master: &MacKey) -> Self {
        let key = |kind: &str, label: &str| {
            Zeroizing::new(master.mac(&[b"grantwell v1", kind.as_bytes(), label.as_bytes()]))
        };
        let digest = |purpose: Purpose| MacKey::new(&key("digest", purpose.label()));
        Self {
            wrapping: key("wrapping", ""),
            refresh: MacKey::new(&key("mac", "refresh token")),
            code: MacKey::new(&key("mac", "authorization code")),
            client_secret: digest(Purpose::ClientSecret),
            session: digest(Purpose::Session),
            browser_state: digest(Purpose::BrowserState),
            setup_link: digest(Purpose::SetupLink),
            pushed_request: digest(Purpose::PushedRequest),
            initial_access: digest(Purpose::InitialAccess),
            registration_access: digest(Purpose::RegistrationAccess),
            device_code: digest(Purpose::DeviceCode),
            user_code: digest(Purpose::UserCode),
            replay: digest(Purpose::Replay),
            interaction: digest(Purpose::Interaction),
            csrf: digest(Purpose::Csrf),
            entity_tag: digest(Purpose::EntityTag),
            cursor: digest(Purpose::Cursor),
            throttle: digest(Purpose::Throttle),
            answer: digest(Purpose::Answer),
            pairwise_subject: digest(Purpose::PairwiseSubject),
        }
    }

    /// The MAC of the parts under the key of this purpose.
    pub(crate) fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let key = match purpose {
            Purpose::ClientSecret => &self.client_secret,
            Purpose::Session => &self.session,
            Purpose::BrowserState => &self.browser_state,
            Purpose::SetupLink => &self.setup_link,
            Purpose::PushedRequest => &self.pushed_request,
            Purpose::InitialAccess => &self.initial_access,
            Purpose::RegistrationAccess => &self.registration_access,
            Purpose::DeviceCode => &self.device_code,
            Purpose::UserCode => &self.user_code,
            Purpose::Replay => &self.replay,
            Purpose::Interaction => &self.interaction,
            Purpose::Csrf => &self.csrf,
            Purpose::EntityTag => &self.entity_tag,
            Purpose::Cursor => &self.cursor,
            Purpose::Throttle => &self.throttle,
            Purpose::Answer => &self.answer,
            Purpose::PairwiseSubject => &self.pairwise_subject,
        };
        key.mac(parts)
    }
}
