//! An account as an operator declares it, in a file or by the admin API, and what has to be done so that it is so.
//!
//! What a declaration leaves out stays as it is: people change their own passwords and profiles, and are not set back by a
//! file that does not speak of them.

use std::collections::BTreeSet;

use oauth::claims::PersonClaims;
use serde_json::{Map, Value};

use crate::account::Account;
use crate::field_error::{Field, FieldError};
use crate::password_policy::{Owner, PasswordPolicy};
use crate::profile::{self, Edit, Profile};
use crate::username::Username;

/// A declaration that can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The name to sign in with.
    pub username: Username,
    claims: Edit,
    active: Option<bool>,
    staff: Option<bool>,
    superuser: Option<bool>,
}

/// What is known about a declared account.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The account of this name and what is known about the person, if there is one.
    pub known: Option<(&'a Account, &'a PersonClaims)>,
    /// What the declaration brings for a password.
    pub password: GivenPassword<'a>,
}

/// What a declaration brings for a password.
#[derive(Clone, Copy)]
pub enum GivenPassword<'a> {
    /// Nothing.
    Nothing,
    /// The one that the account has.
    Known,
    /// One that the account does not have.
    New(&'a str),
}

/// Without the password.
impl std::fmt::Debug for GivenPassword<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Known => "Known",
            Self::New(_) => "New(…)",
        })
    }
}

/// What has to be done about a declared account. A new password still has to be hashed.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is made.
    Create(Box<NewPerson>),
    /// It is changed.
    Change(Box<Change>),
    /// It is as declared.
    Keep,
}

/// An account to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPerson {
    /// The name to sign in with.
    pub username: Username,
    /// What is known about the person.
    pub profile: Profile,
    /// Whether it may be used.
    pub active: bool,
    /// Whether the person may open the administration.
    pub staff: bool,
    /// Whether the person may do everything there.
    pub superuser: bool,
}

/// A change of an account; `None` leaves it as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The names of what changes, in alphabetical order.
    pub members: Vec<String>,
    /// What is known about the person from now on.
    pub profile: Option<Profile>,
    /// Whether the given password takes the place of the present one.
    pub new_password: bool,
    /// Whether it is switched on or off.
    pub active: Option<bool>,
    /// Whether the person may open the administration.
    pub staff: Option<bool>,
    /// Whether the person may do everything there.
    pub superuser: Option<bool>,
}

impl Declaration {
    /// Every member that a declaration may have, but where its password comes from. `email` is short for the claim.
    pub const MEMBERS: [&'static str; 6] =
        ["active", "claims", "email", "staff", "superuser", "username"];

    /// Read a declaration, and report everything that is not of its type. Members that are not known are left.
    pub fn parse(members: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let username = username(members, &mut errors);
        let claims = claims(members, &mut errors);
        let mut flag = |name: &str, field| match members.get(name) {
            None => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                errors.push(FieldError::new(field, "invalid", "This is true or false."));
                None
            }
        };
        let active = flag("active", Field::Active);
        let staff = flag("staff", Field::Staff);
        let superuser = flag("superuser", Field::Superuser);
        match username {
            Some(username) if errors.is_empty() => {
                Ok(Self { username, claims, active, staff, superuser })
            }
            _ => Err(errors),
        }
    }
}

/// Decide what has to be done about a declared account, or say everything that is wrong.
pub fn decide(
    declared: &Declaration,
    facts: Facts<'_>,
    passwords: &PasswordPolicy,
) -> Result<Decision, Vec<FieldError>> {
    let nobody = PersonClaims::default();
    let present = facts.known.map_or(&nobody, |(_, claims)| claims);
    let mut errors = Vec::new();
    let profile = profile::decide(&declared.claims, present);
    if let GivenPassword::New(password) = facts.password {
        let email = profile.as_ref().ok().and_then(Profile::email);
        let owner = Owner { username: Some(&declared.username), email };
        errors.extend(passwords.check(password, owner));
    }
    let profile = match profile {
        Ok(profile) if errors.is_empty() => profile,
        wrong => {
            errors.extend(wrong.err().unwrap_or_default());
            return Err(errors);
        }
    };
    Ok(match facts.known {
        None => Decision::Create(Box::new(declared.create(profile))),
        Some((account, claims)) => {
            let new_password = matches!(facts.password, GivenPassword::New(_));
            declared.change(account, claims, profile, new_password)
        }
    })
}

impl Declaration {
    fn create(&self, profile: Profile) -> NewPerson {
        let superuser = self.superuser.unwrap_or(false);
        NewPerson {
            username: self.username.clone(),
            profile,
            active: self.active.unwrap_or(true),
            // Who may do everything may open where it is done.
            staff: self.staff.unwrap_or(superuser),
            superuser,
        }
    }

    fn change(
        &self,
        account: &Account,
        claims: &PersonClaims,
        profile: Profile,
        new_password: bool,
    ) -> Decision {
        let other = |said: Option<bool>, is: bool| said.filter(|said| *said != is);
        let active = other(self.active, account.active);
        let staff = other(self.staff, account.staff);
        let superuser = other(self.superuser, account.superuser);
        let mut members = differences(claims, profile.claims());
        for (name, changes) in [
            ("active", active.is_some()),
            ("password", new_password),
            ("staff", staff.is_some()),
            ("superuser", superuser.is_some()),
        ] {
            members.extend(changes.then(|| name.to_owned()));
        }
        if members.is_empty() {
            return Decision::Keep;
        }
        let profile = (profile.claims() != claims).then_some(profile);
        let members = members.into_iter().collect();
        Decision::Change(Box::new(Change {
            members,
            profile,
            new_password,
            active,
            staff,
            superuser,
        }))
    }
}

/// The names of the claims that the two do not have in common.
fn differences(known: &PersonClaims, wanted: &PersonClaims) -> BTreeSet<String> {
    let (known, wanted) = (profile::members(known), profile::members(wanted));
    let names = known.keys().chain(wanted.keys());
    names.filter(|name| known.get(*name) != wanted.get(*name)).cloned().collect()
}

fn username(members: &Map<String, Value>, errors: &mut Vec<FieldError>) -> Option<Username> {
    let mut wrong = |code, message: String| {
        errors.push(FieldError::new(Field::Username, code, message));
        None
    };
    match members.get("username") {
        Some(Value::String(text)) => match Username::parse(text) {
            Ok(username) => Some(username),
            Err(error) => wrong(error.code(), error.to_string()),
        },
        Some(_) => wrong("invalid", "This is a text.".to_owned()),
        None => wrong("required", "Give the name that the person signs in with.".to_owned()),
    }
}

fn claims(members: &Map<String, Value>, errors: &mut Vec<FieldError>) -> Edit {
    let mut claims = match members.get("claims") {
        None => Map::new(),
        Some(Value::Object(claims)) => claims.clone(),
        Some(_) => {
            let message = "This is an object with the claims of the person.";
            errors.push(FieldError::new(Field::Claims, "invalid", message));
            Map::new()
        }
    };
    if let Some(email) = members.get("email")
        && claims.insert("email".to_owned(), email.clone()).is_some()
    {
        let message = "The address stands among the claims as well: keep one of them.";
        errors.push(FieldError::new(Field::Email, "twice", message));
    }
    Edit::from_claims(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::tests::halfspring;
    use serde_json::json;

    const SAFE: &str = "three unrelated words";

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other}"),
        }
    }

    fn declared(more: Value) -> Declaration {
        let mut members = object(json!({"username": "halfspring"}));
        members.extend(object(more));
        Declaration::parse(&members).unwrap()
    }

    fn of(more: Value, password: GivenPassword<'_>, known: &PersonClaims) -> Decision {
        let account = halfspring();
        let facts = Facts { known: Some((&account, known)), password };
        decide(&declared(more), facts, &PasswordPolicy::default()).unwrap()
    }

    fn known() -> PersonClaims {
        let claims = object(json!({
            "email": "a@example.org", "email_verified": true, "nickname": "Half", "level": 7,
        }));
        let decided = profile::decide(&Edit::from_claims(claims), &PersonClaims::default());
        decided.unwrap().claims().clone()
    }

    #[test]
    fn what_is_not_said_stays_and_what_is_said_again_changes_nothing() {
        for same in [
            json!({}),
            json!({"active": true, "staff": false, "superuser": false}),
            json!({"email": "a@example.org"}),
            json!({"claims": {"nickname": "Half", "email_verified": true, "level": 7}}),
            json!({"claims": {"given_name": null, "other": null}}),
        ] {
            for password in [GivenPassword::Nothing, GivenPassword::Known] {
                assert_eq!(of(same.clone(), password, &known()), Decision::Keep, "{same}");
            }
        }
    }

    #[test]
    fn what_changes_is_named() {
        for (more, password, expected) in [
            (json!({"active": false}), GivenPassword::Nothing, &["active"][..]),
            (json!({}), GivenPassword::New(SAFE), &["password"]),
            (
                json!({"staff": true, "superuser": true}),
                GivenPassword::Nothing,
                &["staff", "superuser"],
            ),
            (json!({"claims": {"level": null}}), GivenPassword::Nothing, &["level"]),
            (
                json!({"email": "b@example.org"}),
                GivenPassword::Nothing,
                &["email", "email_verified"],
            ),
        ] {
            let Decision::Change(change) = of(more.clone(), password, &known()) else {
                panic!("{more}")
            };
            assert_eq!(change.members, expected, "{more}");
            let claims = expected.iter().any(|it| ["email", "level"].contains(it));
            assert_eq!(change.profile.is_some(), claims, "{more}");
            assert_eq!(change.new_password, expected == ["password"], "{more}");
        }
    }

    #[test]
    fn a_new_account_is_on_and_may_do_nothing_unless_that_is_said() {
        let made = |more: Value| {
            let facts = Facts { known: None, password: GivenPassword::Nothing };
            match decide(&declared(more), facts, &PasswordPolicy::default()).unwrap() {
                Decision::Create(made) => (made.active, made.staff, made.superuser),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(made(json!({})), (true, false, false));
        assert_eq!(made(json!({"superuser": true})), (true, true, true));
        assert_eq!(made(json!({"active": false, "staff": true})), (false, true, false));
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let parse = |members: Value| {
            let errors = Declaration::parse(&object(members)).unwrap_err();
            errors.iter().map(|it| format!("{} {}", it.field, it.code)).collect::<Vec<_>>()
        };
        assert_eq!(parse(json!({})), ["username required"]);
        assert_eq!(
            parse(json!({"username": 7, "claims": [], "active": null, "staff": "yes"})),
            ["username invalid", "claims invalid", "active invalid", "staff invalid"]
        );
        assert_eq!(
            parse(
                json!({"username": "ann", "email": "a@b.example", "claims": {"email": "a@b.example"}})
            ),
            ["email twice"]
        );
        let wrong =
            declared(json!({"email": "nonsense", "claims": {"birthdate": "soon", "sub": "x"}}));
        let password = GivenPassword::New("halfspring");
        let facts = Facts { known: None, password };
        let errors = decide(&wrong, facts, &PasswordPolicy::default()).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.name()).collect();
        assert_eq!(fields, ["password", "birthdate", "email", "custom"]);
        assert!(!format!("{password:?}").contains("halfspring"));
    }
}
