//! The rules about people: names, passwords, profiles, sign-in, sessions, throttling.
//!
//! Facts in, decision out: nothing here reads a clock, draws randomness or touches a database. Only
//! [`password::hash`] and [`password::verify`] are slow, on purpose; callers run them off the async threads.

pub mod account;
pub mod declaration;
pub mod email;
pub mod field_error;
pub mod password;
pub mod password_policy;
pub mod profile;
pub mod registration;
pub mod session;
pub mod sign_in;
pub mod throttle;
pub mod username;

pub use account::Account;
pub use email::Email;
pub use field_error::{Field, FieldError};
pub use password_policy::PasswordPolicy;
pub use username::{Username, UsernameKey};
