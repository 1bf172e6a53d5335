//! The only room that speaks SQL for our own tables: load facts, apply decisions.
//!
//! Files are named as in `oauth`: what `oauth::grant::refresh_token` decides on is loaded, and what it decides
//! is applied, in `grant/refresh_token.rs`. A change that ends credentials is also written to the feed of
//! `revocations.rs`, in the same transaction, so that every node learns of it.

mod access;
mod answers;
mod applications;
mod apply;
mod authorizations;
mod bearer;
mod client_registrations;
mod consents;
mod device_codes;
pub mod entity;
mod error;
mod grant;
mod introspect;
mod keys;
mod logout;
mod pushed_requests;
mod rates;
mod registration_tokens;
mod replays;
mod revocations;
mod revoke;
mod row;
mod sessions;
mod setup_link;
mod store;
mod sweep;
mod throttle;
mod users;

pub use access::{Access, Accesses};
pub use answers::{Answers, Noted};
pub use applications::{Application, Applications, FIRST_PARTY, NewSecret, Step};
pub use apply::Applied;
pub use authorizations::Authorizations;
pub use bearer::Signed;
pub use client_registrations::{ClientRegistrations, Made, Newcomer, Registered};
pub use consents::Consents;
pub use device_codes::{Begun, CameFrom, DeviceCodes, FoundDevice};
pub use error::StoreError;
pub use grant::authorization_code::{Approval, Approved, AuthorizationCodes};
pub use grant::device_code::DeviceCodeGrant;
pub use grant::extension::{Extension, Granted};
pub use grant::first_party::Registration;
pub use grant::password::{Issued, Password};
pub use grant::refresh_token::RefreshTokens;
pub use introspect::Introspect;
pub use keys::{KeyRow, KeyState, Keys, SigningKeys};
pub use logout::{EndedSession, LogoutNotice, LogoutNotices};
pub use pushed_requests::{PREFIX as REQUEST_URI_PREFIX, PushedRequest, PushedRequests};
pub use rates::{Counted, Rates};
pub use registration_tokens::{RegistrationToken, RegistrationTokens};
pub use replays::Replays;
pub use revoke::Revoke;
pub use sessions::{Sessions, SignedIn, StoredSession};
pub use setup_link::SetupLinks;
pub use store::{Options, Store, migrations};
pub use sweep::{Sweep, Swept};
pub use throttle::Throttle;
pub use users::apply::{UserChange, UserStep};
pub use users::{NewUser, Person, User, Users};
