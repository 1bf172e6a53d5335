//! What has to be done about a declared account.

use accounts::declaration::{self, Decision, Declaration, Facts, GivenPassword};
use accounts::profile::Entry;
use accounts::{Field, FieldError};
use oauth::id::UserId;
use oauth::secret::Secret;
use serde_json::{Map, Value};
use store::{NewUser, Person, StoreError, User, UserChange, UserStep};

use super::{Action, Fault, PlanError, Surroundings, unknown};

/// What is to be done about one account.
#[derive(Debug)]
pub struct PlannedUser {
    /// The name that the person signs in with.
    pub username: String,
    /// What becomes of it.
    pub action: Action,
    /// The names of what changes.
    pub changed: Vec<String>,
    /// Which account it is, or will be, and the key of its name.
    pub id: (String, UserId),
    /// None if nothing is to be done.
    pub step: Option<UserStep>,
}

/// What is to be done about a declared account; or everything that is wrong with it. `members` do not hold the password.
///
/// # Errors
/// When the facts cannot be loaded or a password cannot be hashed.
pub async fn user(
    around: Surroundings<'_>,
    members: &Map<String, Value>,
    password: Option<Secret>,
) -> Result<Result<PlannedUser, Vec<Fault>>, PlanError> {
    let mut faults = unknown(members, &Declaration::MEMBERS, "a person");
    let to_faults = |errors: Vec<FieldError>| errors.into_iter().map(|it| fault(&it, members));
    let declaration = match Declaration::parse(members) {
        Ok(declaration) => declaration,
        Err(errors) => {
            faults.extend(to_faults(errors));
            return Ok(Err(faults));
        }
    };
    let known = known(around, &declaration).await?;
    let given = given(around, known.as_ref(), password.as_ref()).await?;
    let known_facts = known.as_ref().map(|(_, person)| (&person.account, &person.claims));
    let facts = Facts { known: known_facts, password: given };
    let decided = declaration::decide(&declaration, facts, around.passwords);
    let decision = match decided {
        Ok(decision) if faults.is_empty() => decision,
        other => {
            faults.extend(other.err().into_iter().flat_map(to_faults));
            return Ok(Err(faults));
        }
    };
    let hash = match given {
        GivenPassword::New(_) => match &password {
            Some(password) => Some(around.hasher.hash(password).await?),
            None => None,
        },
        GivenPassword::Nothing | GivenPassword::Known => None,
    };
    let key = declaration.username.key().as_str().to_owned();
    let id = match &known {
        Some((user, _)) => user.account.id,
        None => around.store.users().new_id()?,
    };
    Ok(Ok(step(decision, known.map(|(_, person)| person), hash, (key, id), &declaration)))
}

/// The account of this name and what is known about the person.
async fn known(
    around: Surroundings<'_>,
    declaration: &Declaration,
) -> Result<Option<(User, Person)>, StoreError> {
    let users = around.store.users();
    let Some(user) = users.find_by_username(&declaration.username).await? else {
        return Ok(None);
    };
    let person = users.person(user.account.id).await?;
    Ok(person.map(|person| (user, person)))
}

/// What the given password is to the account that is known.
async fn given<'p>(
    around: Surroundings<'_>,
    known: Option<&(User, Person)>,
    password: Option<&'p Secret>,
) -> Result<GivenPassword<'p>, PlanError> {
    let Some(password) = password else { return Ok(GivenPassword::Nothing) };
    let same = match known.and_then(|(user, _)| user.password.as_ref()) {
        Some(hash) => around.hasher.is_hash_of(hash, password).await?,
        None => false,
    };
    Ok(if same { GivenPassword::Known } else { GivenPassword::New(password.expose()) })
}

fn step(
    decision: Decision,
    known: Option<Person>,
    hash: Option<String>,
    id: (String, UserId),
    declaration: &Declaration,
) -> PlannedUser {
    let username = declaration.username.as_str().to_owned();
    let (key, user_id) = id;
    let planned = |action, changed, step| {
        let id = (key, user_id);
        PlannedUser { username, action, changed, id, step }
    };
    match (decision, known) {
        (Decision::Create(made), _) => {
            let new = NewUser {
                username: made.username,
                email: made.profile.email().cloned(),
                password: hash,
                staff: made.staff,
                superuser: made.superuser,
            };
            let profile = Box::new(made.profile);
            let step = UserStep::Create { id: user_id, new, active: made.active, profile };
            planned(Action::Created, Vec::new(), Some(step))
        }
        (Decision::Change(change), Some(seen)) => {
            let active = change.active.unwrap_or(seen.account.active);
            let action = Action::of_change(&change.members, active);
            let step = UserStep::Change(Box::new(UserChange {
                seen,
                profile: change.profile,
                password: hash,
                active: change.active,
                staff: change.staff,
                superuser: change.superuser,
            }));
            planned(action, change.members, Some(step))
        }
        (Decision::Change(_) | Decision::Keep, _) => planned(Action::Unchanged, Vec::new(), None),
    }
}

/// The fault at the place where the member was given.
fn fault(error: &FieldError, members: &Map<String, Value>) -> Fault {
    let path: &[&str] = match error.field {
        Field::Profile(Entry::Email) | Field::Email if members.contains_key("email") => &["email"],
        Field::Profile(part) if Entry::ADDRESS.contains(&part) => {
            &["claims", "address", part.name()]
        }
        Field::Profile(entry) => &["claims", entry.name()],
        Field::Custom | Field::Claims => &["claims"],
        other => &[other.name()],
    };
    Fault::new(path, error.code, error.message.clone().into_owned())
}
