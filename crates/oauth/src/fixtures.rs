//! What the tests of the rules have in common: one policy, one user, one client, one moment.

pub(crate) mod signer;

use crate::access_token::{AccessToken, Bearer};
use crate::active::{Facts, Standing};
use crate::authorization::{Authorization, Details, Seed, State};
use crate::claims::{Address, CustomClaims, PersonClaims};
use crate::client::keys::KeySource;
use crate::client::{AuthMethod, Client, ClientMetadata, ClientType, StoredSecret};
use crate::device::{self, Approval, Device};
use crate::grant::GrantType;
use crate::id::{AuthorizationId, ClientId, TokenId, UserId};
use crate::issuer::Issuer;
use crate::policy::{Policy, ScopeDeclaration, TrustedIssuer};
use crate::scope::{ScopeSet, ScopeToken};
use crate::time::Timestamp;
use jose::JwkSet;
use std::time::Duration;
use uuid::Uuid;

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(crate) const GOOD: Facts =
    Facts { user: Some(Standing::Good), client: Standing::Good, authorization: None, token: None };

pub(crate) const BAD: [Standing; 5] = [
    Standing::Disabled,
    Standing::Outdated,
    Standing::Revoked,
    Standing::Expired,
    Standing::Missing,
];

/// Scopes `read`, `write` and `admin`; `read write` by default; every grant that has a rule.
pub(crate) fn policy() -> Policy {
    let mut policy = Policy::new(Issuer::parse("https://id.example").unwrap());
    policy.capabilities = policy.capabilities.allowing_password_grant();
    policy.capabilities.trusted_issuers =
        vec![TrustedIssuer::new("https://partner.example", KeySource::Here(JwkSet::default()))];
    policy.scopes = ["read", "write", "admin"]
        .map(|name| ScopeDeclaration {
            name: ScopeToken::parse(name).unwrap(),
            description: format!("May {name}"),
            optional: false,
        })
        .to_vec();
    policy.default_scope = scope("read write");
    policy
}

/// The same with the scope `sudo`, which only an operator's clients may have.
pub(crate) fn policy_with_operator_scope() -> Policy {
    let sudo = ScopeDeclaration {
        name: ScopeToken::parse("sudo").unwrap(),
        description: "May everything".to_owned(),
        optional: false,
    };
    Policy { operator_scopes: vec![sudo], ..policy() }
}

pub(crate) fn scope(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

pub(crate) fn client_id(text: &str) -> ClientId {
    ClientId::parse(text).unwrap()
}

/// A confidential client `cli` with every grant and epoch 7, whose secret has the digest of ones.
pub(crate) fn client() -> Client {
    Client {
        client_type: ClientType::Confidential,
        auth_method: AuthMethod::ClientSecret,
        secret: Some(StoredSecret::Digest([1; 32])),
        grant_types: GrantType::BUILT_IN.into(),
        first_party: false,
        metadata: ClientMetadata::default(),
        epoch: 7,
        ..Client::first_party(client_id("cli"), "My site")
    }
}

/// The same without a secret.
pub(crate) fn public_client() -> Client {
    Client {
        client_type: ClientType::Public,
        auth_method: AuthMethod::None,
        secret: None,
        ..client()
    }
}

pub(crate) fn bearer() -> Bearer {
    Bearer { id: UserId::from_uuid(Uuid::from_u128(0xa)), epoch: 3 }
}

/// Approved an hour ago for `cli` with `read write`; generation 5, rotated a minute less a second
/// ago.
pub(crate) fn authorization() -> Authorization {
    let created_at = NOW - Duration::from_hours(1);
    Authorization {
        id: AuthorizationId::from_uuid(Uuid::from_u128(0xb)),
        user: bearer().id,
        client: client_id("cli"),
        grant: GrantType::Password,
        scope: scope("read write"),
        audience: Vec::new(),
        state: State::Live { generation: 5, rotated_at: Some(NOW - Duration::from_secs(59)) },
        seed: Seed([9; 16]),
        created_at,
        last_used_at: NOW - Duration::from_secs(59),
        expires_at: Some(created_at + Duration::from_hours(24 * 365)),
        authenticated_at: Some(created_at),
        details: Details::default(),
    }
}

/// A request of a device of `cli` for `read write`, made a minute ago, which nobody has answered.
pub(crate) fn device() -> Device {
    let created_at = NOW - Duration::from_mins(1);
    Device {
        asked: device::New {
            client: client_id("cli"),
            scope: scope("read write"),
            audience: Vec::new(),
            created_at,
            expires_at: created_at + Duration::from_mins(10),
            interval: device::INTERVAL,
        },
        state: device::State::Pending { by: None },
        last_polled_at: None,
    }
}

/// Our person, who signed in an hour ago.
pub(crate) fn approval() -> Approval {
    Approval {
        user: bearer(),
        authenticated_at: NOW - Duration::from_hours(1),
        details: Details::default(),
    }
}

/// An access token of that authorization, issued a minute ago.
pub(crate) fn access_token() -> AccessToken {
    AccessToken {
        id: TokenId::from_bits(0xc),
        authorization: Some(authorization().id),
        user: Some(bearer()),
        client: client_id("cli"),
        client_epoch: 7,
        scope: scope("read write"),
        audience: Vec::new(),
        issued_at: NOW - Duration::from_mins(1),
        expires_at: NOW + Duration::from_mins(59),
        authenticated_at: authorization().authenticated_at,
        acr: authorization().details.acr,
        confirmation: None,
    }
}

/// A person of whom everything is known, and of whom the installation knows the `department`.
pub(crate) fn person() -> PersonClaims {
    let text = |text: &str| Some(text.to_owned());
    let custom = [("department".to_owned(), "stables".into())];
    PersonClaims {
        name: text("Half Spring"),
        given_name: text("Half"),
        family_name: text("Spring"),
        middle_name: text("Of"),
        nickname: text("Halfy"),
        preferred_username: text("halfspring"),
        profile: text("https://id.example/halfspring"),
        picture: text("https://id.example/p.png"),
        website: text("https://halfspring.example/"),
        email: text("half@spring.example"),
        email_verified: true,
        gender: text("unicorn"),
        birthdate: text("0000-03-20"),
        zoneinfo: text("Europe/Paris"),
        locale: text("en-GB"),
        phone_number: text("+33123456789"),
        phone_number_verified: false,
        address: Address {
            street_address: text("1 Meadow\n2nd floor"),
            locality: text("Paris"),
            country: text("France"),
            ..Address::default()
        },
        updated_at: Some(1_700_000_000),
        custom: CustomClaims::parse(custom.into_iter().collect()).unwrap(),
    }
}
