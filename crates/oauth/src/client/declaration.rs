//! A client as an operator declares it in a file, and what has to be done so that it is so.
//!
//! A declaration is the whole registration: what it leaves out has its default, as in RFC 7592 §2.2. Only the secret, the owner
//! and whether the client is active stay as they are where it says nothing about them: they are also changed by other hands.

use super::change::other_type;
use super::field_error::{Errors, FieldError};
use super::{AuthMethod, Client, ClientMetadata, ClientType, Draft, Origin, Registration};
use crate::id::{ClientId, UserId};
use crate::policy::Policy;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use url::Url;

/// The members of a declaration that are not written by [`Draft::write`].
const OWN: [&str; 6] = ["active", "auth_method", "client_id", "name", "owner", "resources"];

/// Shorter words for members of RFC 7591 §2, as the commands have them.
const SHORT: [(&str, &str); 2] =
    [("name", "client_name"), ("auth_method", "token_endpoint_auth_method")];

/// A declaration that holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The name by which it is known on the wire.
    pub id: ClientId,
    /// What is registered.
    pub registration: Registration,
    /// The APIs that it serves.
    pub resources: Vec<String>,
    /// Whether it is switched on; none if that is not said.
    pub active: Option<bool>,
    /// The username of the person whose client it is; none if that is not said.
    pub owner: Option<String>,
}

/// What is known about a declared client.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The client of this name, if there is one.
    pub known: Option<&'a Client>,
    /// The person who is declared to be its owner.
    pub owner: Option<UserId>,
    /// What the declaration brings for a secret.
    pub secret: GivenSecret,
}

/// What a declaration brings for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenSecret {
    /// Nothing.
    Nothing,
    /// The one that the client has, in the form that it will be needed in.
    Known,
    /// One that the client does not have, or not in that form.
    New,
}

impl GivenSecret {
    /// The same where what the client has cannot be used any more: one that is brought takes its place.
    #[must_use]
    pub const fn in_another_form(self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Known | Self::New => Self::New,
        }
    }
}

/// What has to be done about a declared client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is registered.
    Create(Box<Client>, SecretStep),
    /// It is changed.
    Change(Box<Change>),
    /// It is as declared.
    Keep,
}

/// A change of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The client as it will be.
    pub client: Client,
    /// The names of what changes, in alphabetical order.
    pub members: Vec<String>,
    /// Whether the given secret takes the place of the present one.
    pub new_secret: bool,
}

/// Where the secret of a new client comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStep {
    /// It has none.
    None,
    /// It is drawn.
    Draw,
    /// It is the given one.
    Take,
}

impl Declaration {
    /// Every member that a declaration may have, but where its secret comes from.
    pub fn members() -> impl Iterator<Item = &'static str> {
        OWN.into_iter().chain(Draft::members())
    }

    /// Read and check a declaration, and report everything that is wrong at once. Members that are not known are left.
    pub fn parse(members: &Map<String, Value>, policy: &Policy) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors(Vec::new());
        let members = registered_names(members, &mut errors);
        let id = client_id(&members, &mut errors);
        let resources = resources(&members, &mut errors);
        let active = one(&members, "active", "true or false", Value::as_bool, &mut errors);
        let owner = one(&members, "owner", "a username", owned, &mut errors);
        let metadata = ClientMetadata { origin: Origin::Operator, ..ClientMetadata::default() };
        let mut draft = Draft { metadata, ..Draft::default() };
        draft.overwrite(&members, true, &mut errors);
        if !members.contains_key("client_type") {
            let public = draft.auth_method.as_deref() == Some(AuthMethod::None.as_str());
            let kind = if public { ClientType::Public } else { ClientType::Confidential };
            draft.client_type = kind.to_string();
        }
        let registration = match draft.check(policy) {
            Ok(registration) => Some(registration),
            Err(more) => {
                // A member that is not of its type was told already, and reads as if it were not there.
                let told: BTreeSet<&str> = errors.0.iter().map(|error| error.field).collect();
                errors.0.extend(more.into_iter().filter(|error| !told.contains(error.field)));
                None
            }
        };
        match (id, registration) {
            (Some(id), Some(registration)) if errors.0.is_empty() => {
                Ok(Self { id, registration, resources, active, owner })
            }
            _ => Err(errors.0),
        }
    }

    /// The client as it will be, over what is known about it.
    fn over(&self, known: Option<&Client>, owner: Option<UserId>) -> Client {
        let made = self.registration.clone().into_client(self.id.clone());
        let origin = known.map_or(Origin::Operator, |known| known.metadata.origin);
        Client {
            owner: owner.or_else(|| known.and_then(|known| known.owner)),
            secret: known.and_then(|known| known.secret.clone()),
            resources: self.resources.clone(),
            metadata: ClientMetadata { origin, ..made.metadata },
            active: self.active.or_else(|| known.map(|known| known.active)).unwrap_or(true),
            epoch: known.map_or(0, |known| known.epoch),
            ..made
        }
    }
}

/// Decide what has to be done about a declared client. How it came to be registered stays.
pub fn decide(
    declared: &Declaration,
    facts: Facts<'_>,
    policy: &Policy,
) -> Result<Decision, FieldError> {
    let client = declared.over(facts.known, facts.owner);
    client.check_privileges(policy)?;
    let Some(known) = facts.known else {
        let secret = match (client.auth_method.has_secret(), facts.secret) {
            (false, _) => SecretStep::None,
            (true, GivenSecret::Nothing) => SecretStep::Draw,
            (true, GivenSecret::Known | GivenSecret::New) => SecretStep::Take,
        };
        return Ok(Decision::Create(Box::new(client), secret));
    };
    if known.first_party {
        return Err(FieldError::built_in());
    }
    if let Some(error) = other_type(known, client.client_type) {
        return Err(error);
    }
    if known.needs_new_secret(client.auth_method) && facts.secret != GivenSecret::New {
        let why = match known.secret {
            None => "This application has no secret yet and now needs one",
            Some(_) => {
                "A new secret is needed with this change of how the application authenticates, because a secret is kept in another form for client_secret_jwt"
            }
        };
        let message = format!(
            "{why}: give it as client_secret, or in a file by client_secret_file or client_secret_env."
        );
        return Err(FieldError { field: "client_secret", code: "required", message });
    }
    let new_secret = facts.secret == GivenSecret::New;
    let mut members = differences(known, &client);
    members.extend(new_secret.then(|| "client_secret".to_owned()));
    if members.is_empty() {
        return Ok(Decision::Keep);
    }
    let members = members.into_iter().collect();
    Ok(Decision::Change(Box::new(Change { client, members, new_secret })))
}

/// Whether a client that no declaration names may be deleted for it: one of an operator, never one that a developer or a program
/// registered, and never a part of this installation.
pub fn is_prunable(client: &Client) -> bool {
    client.metadata.origin == Origin::Operator && !client.first_party
}

/// Check the identifier of an API: an absolute URI without a fragment (RFC 8707 §2).
pub fn check_resource(text: &str) -> Result<(), FieldError> {
    let url = Url::parse(text).ok().filter(|url| url.fragment().is_none());
    if url.is_none() || text.contains(char::is_whitespace) {
        let message = format!(
            "{text:?} is not the identifier of an API: an absolute URI without # (RFC 8707 §2)."
        );
        return Err(FieldError { field: "resources", code: "invalid", message });
    }
    Ok(())
}

/// The names of what the two do not have in common, but for secret and epoch.
fn differences(known: &Client, wanted: &Client) -> BTreeSet<String> {
    let all = |client: &Client| {
        let mut members = client.members();
        members.remove("client_name");
        members.insert("name".to_owned(), client.name.as_str().into());
        members.insert("active".to_owned(), client.active.into());
        members.insert("owner".to_owned(), client.owner.map(|owner| owner.to_string()).into());
        members.insert("resources".to_owned(), client.resources.clone().into());
        members
    };
    let (known, wanted) = (all(known), all(wanted));
    let names = known.keys().chain(wanted.keys());
    names.filter(|name| known.get(*name) != wanted.get(*name)).cloned().collect()
}

/// The members without those that are null, each by its name in RFC 7591.
fn registered_names(members: &Map<String, Value>, errors: &mut Errors) -> Map<String, Value> {
    let mut named = members.clone();
    named.retain(|_, value| !value.is_null());
    for (short, registered) in SHORT {
        let Some(value) = named.remove(short) else { continue };
        if named.insert(registered.to_owned(), value).is_some() {
            errors.add(
                short,
                "twice",
                format!("{short} and {registered} are the same member: keep one of them."),
            );
        }
    }
    named
}

fn client_id(members: &Map<String, Value>, errors: &mut Errors) -> Option<ClientId> {
    match members.get("client_id") {
        Some(Value::String(text)) => errors.take("client_id", "invalid", ClientId::parse(text)),
        Some(_) => {
            errors.add("client_id", "invalid", "This is a text.");
            None
        }
        None => {
            errors.add(
                "client_id",
                "required",
                "Give the id by which the application is known; it is how the next run finds it again.",
            );
            None
        }
    }
}

fn resources(members: &Map<String, Value>, errors: &mut Errors) -> Vec<String> {
    let list =
        |value: &Value| -> Option<Vec<String>> { value.as_array()?.iter().map(owned).collect() };
    let named = one(members, "resources", "a list of texts", list, errors).unwrap_or_default();
    errors.0.extend(named.iter().filter_map(|resource| check_resource(resource).err()));
    named
}

fn owned(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A member that is read by `read`, if it is there.
fn one<T>(
    members: &Map<String, Value>,
    member: &'static str,
    expected: &str,
    read: impl Fn(&Value) -> Option<T>,
    errors: &mut Errors,
) -> Option<T> {
    let value = members.get(member)?;
    let found = read(value);
    if found.is_none() {
        errors.add(member, "invalid", format!("This is {expected}."));
    }
    found
}

#[cfg(test)]
mod tests;
