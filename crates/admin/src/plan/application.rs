//! What has to be done about a declared application.

use std::collections::BTreeSet;

use oauth::client::declaration::{
    self, Decision, Declaration, Facts, GivenSecret, SecretStep, is_prunable,
};
use oauth::client::{FieldError, StoredSecret};
use oauth::id::UserId;
use oauth::secret::Secret;
use serde_json::{Map, Value};
use store::{Application, NewSecret, Step};
use vault::Purpose;

use super::{Action, Fault, Newcomers, PlanError, Surroundings, person_of, unknown};

/// What is to be done about one application.
#[derive(Debug)]
pub struct Planned {
    /// Which one.
    pub client_id: String,
    /// What becomes of it.
    pub action: Action,
    /// The names of what changes.
    pub changed: Vec<String>,
    /// None if nothing is to be done.
    pub step: Option<Step>,
}

/// A declared application, and everything that is known about it.
struct Wanted {
    declaration: Declaration,
    known: Option<Application>,
    owner: Option<UserId>,
    given: GivenSecret,
    /// The given secret as it will be kept, if it is a new one.
    secret: NewSecret,
}

/// What is to be done about a declared application; or everything that is wrong with it. `members` do not hold the secret.
///
/// # Errors
/// When the facts cannot be loaded or a secret cannot be hashed.
pub async fn application(
    around: Surroundings<'_>,
    members: &Map<String, Value>,
    secret: Option<Secret>,
    newcomers: &Newcomers,
) -> Result<Result<Planned, Vec<Fault>>, PlanError> {
    let names: Vec<&str> = Declaration::members().collect();
    let mut faults = unknown(members, &names, "an application");
    let fault = |error: FieldError| fault(&error, members);
    let declaration = match Declaration::parse(members, around.policy) {
        Ok(declaration) => declaration,
        Err(errors) => {
            faults.extend(errors.into_iter().map(fault));
            return Ok(Err(faults));
        }
    };
    let mut owner = None;
    if let Some(name) = &declaration.owner {
        owner = person_of(around.store, newcomers, name).await?;
        if owner.is_none() {
            let message = format!("There is no user named {name}.");
            faults.push(Fault::new(&["owner"], "unknown", message));
        }
    }
    let known = around.store.applications().find_by_client_id(&declaration.id).await?;
    let method = declaration.registration.auth_method;
    let mut given = given(around, known.as_ref(), secret.as_ref()).await?;
    if known.as_ref().is_some_and(|known| known.client.needs_new_secret(method)) {
        given = given.in_another_form();
    }
    let mut new = NewSecret::None;
    if let Some(secret) = secret {
        match declaration.registration.check_secret(&secret) {
            Err(error) => faults.push(fault(error)),
            Ok(()) if given != GivenSecret::New => {}
            Ok(()) if method.seals_secret() => new = NewSecret::ChosenToSeal(secret),
            Ok(()) => new = NewSecret::Chosen(around.hasher.hash(&secret).await?),
        }
    }
    let planned = step(Wanted { declaration, known, owner, given, secret: new }, around);
    faults.extend(planned.as_ref().err().cloned().map(fault));
    Ok(match planned {
        Ok(planned) if faults.is_empty() => Ok(planned),
        _ => Err(faults),
    })
}

/// What the given secret is to the client that is known.
async fn given(
    around: Surroundings<'_>,
    known: Option<&Application>,
    secret: Option<&Secret>,
) -> Result<GivenSecret, PlanError> {
    let Some(secret) = secret else { return Ok(GivenSecret::Nothing) };
    let Some(known) = known else { return Ok(GivenSecret::New) };
    let store = around.store;
    let same = match &known.client.secret {
        None => false,
        Some(StoredSecret::Slow(hash)) => around.hasher.is_hash_of(hash, secret).await?,
        Some(stored @ StoredSecret::Digest(_)) => {
            let digest = store.vault().digest(Purpose::ClientSecret, secret.expose().as_bytes());
            stored.is_digest(&digest)
        }
        Some(StoredSecret::Sealed(_)) => {
            store.applications().sealed_secret(known)?.is_some_and(|sealed| sealed == *secret)
        }
    };
    Ok(if same { GivenSecret::Known } else { GivenSecret::New })
}

fn step(wanted: Wanted, around: Surroundings<'_>) -> Result<Planned, FieldError> {
    let Wanted { declaration, known, owner, given, secret } = wanted;
    let client = known.as_ref().map(|known| &known.client);
    let facts = Facts { known: client, owner, secret: given };
    let decision = declaration::decide(&declaration, facts, around.policy)?;
    let client_id = declaration.id.to_string();
    let planned = |action, changed, step| Planned { client_id, action, changed, step };
    Ok(match (decision, &known) {
        (Decision::Create(client, from), _) => {
            let secret = match from {
                SecretStep::Take => secret,
                SecretStep::Draw => NewSecret::Generated,
                SecretStep::None => NewSecret::None,
            };
            planned(Action::Created, Vec::new(), Some(Step::Create(client, secret)))
        }
        (Decision::Change(change), Some(known)) => {
            let is_active = change.client.active;
            let active = (is_active != known.client.active).then_some(is_active);
            let action = Action::of_change(&change.members, is_active);
            let secret = if change.new_secret { secret } else { NewSecret::None };
            let client = Box::new(change.client);
            let seen = known.updated_at;
            let step = Step::Change { id: known.id, seen, client, secret, active };
            planned(action, change.members, Some(step))
        }
        (Decision::Change(_) | Decision::Keep, _) => planned(Action::Unchanged, Vec::new(), None),
    })
}

/// The deletion of what may be deleted and is not named.
pub fn surplus(known: &[Application], named: &BTreeSet<&str>) -> Vec<Planned> {
    let surplus = known.iter().filter(|application| {
        is_prunable(&application.client) && !named.contains(application.client.id.as_str())
    });
    surplus
        .map(|application| Planned {
            client_id: application.client.id.to_string(),
            action: Action::Deleted,
            changed: Vec::new(),
            step: Some(Step::Delete(application.id)),
        })
        .collect()
}

/// The fault under the name by which the member was given.
fn fault(error: &FieldError, members: &Map<String, Value>) -> Fault {
    let registered = oauth::endpoint::registration::member(error.field);
    let name = if members.contains_key(registered) { registered } else { error.field };
    Fault::new(&[name], error.code, error.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth::client::{Client, ClientMetadata, Origin};
    use oauth::id::ApplicationId;
    use oauth::time::Timestamp;

    fn application(id: &str, origin: Origin) -> Application {
        let metadata = ClientMetadata { origin, ..ClientMetadata::default() };
        let client = Client::first_party(id.parse().unwrap(), "Photos");
        let now = Timestamp::from_seconds(1_800_000_000);
        Application {
            id: ApplicationId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            client: Client { metadata, first_party: false, ..client },
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn only_what_an_operator_registered_and_nobody_names_is_surplus() {
        let known = [
            application("named", Origin::Operator),
            application("surplus", Origin::Operator),
            application("developers", Origin::Developer),
            application("programs", Origin::Dynamic),
            application("documents", Origin::Document),
        ];
        let plan = surplus(&known, &BTreeSet::from(["named"]));
        let ids: Vec<&str> = plan.iter().map(|it| it.client_id.as_str()).collect();
        assert_eq!(ids, ["surplus"]);
        assert!(plan.iter().all(|it| matches!(it.step, Some(Step::Delete(_)))));
    }
}
