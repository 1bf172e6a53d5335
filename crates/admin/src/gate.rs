//! Who may use the admin API: a token with its scope, of a client that still has it, and, where a person stands behind the
//! token, of a person who may.

use accounts::Account;
use oauth::client::Client;
use oauth::policy::Policy;
use oauth::principal::{Principal, Via};
use oauth::scope::ScopeToken;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To be told something.
    Look,
    /// To change something.
    Change,
}

/// Who asks, as they are now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    /// The bearer of the token; its scope has been checked.
    pub(crate) principal: &'a Principal,
    /// The client that the token was given to.
    pub(crate) client: Option<&'a Client>,
    /// The account of the person behind the token.
    pub(crate) account: Option<&'a Account>,
}

/// Why somebody with the scope may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A browser sends its cookie by itself, and there is no form to guard here.
    Browser,
    /// The operator has taken the scope from the client since the token was given.
    Client,
    /// The person may not do that.
    Person,
}

/// Decide whether they may.
pub(crate) fn decide(
    wish: Wish,
    facts: Facts<'_>,
    scope: &ScopeToken,
    policy: &Policy,
) -> Result<(), Refusal> {
    if facts.principal.via != Via::Bearer {
        return Err(Refusal::Browser);
    }
    let has_scope = |client: &Client| policy.scope_allowed_to(client).contains(scope);
    if !facts.client.is_some_and(has_scope) {
        return Err(Refusal::Client);
    }
    if facts.principal.user.is_none() {
        return Ok(());
    }
    let may = |account: &Account| {
        let enough = account.superuser || (account.staff && wish == Wish::Look);
        account.active && enough
    };
    if facts.account.is_some_and(may) { Ok(()) } else { Err(Refusal::Person) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use accounts::Username;
    use oauth::client::{ClientMetadata, Origin};
    use oauth::id::UserId;
    use oauth::issuer::Issuer;
    use oauth::scope::ScopeSet;
    use oauth::time::Timestamp;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn policy() -> Policy {
        let mut policy = Policy::new(Issuer::parse("https://id.example").unwrap());
        policy.operator_scopes = crate::operator_scopes();
        policy
    }

    fn scope() -> ScopeToken {
        policy().operator_scopes[0].name.clone()
    }

    fn client(origin: Origin, scope: Option<&str>) -> Client {
        Client {
            scope: scope.map(|text| ScopeSet::parse(text).unwrap()),
            metadata: ClientMetadata { origin, ..ClientMetadata::default() },
            ..Client::first_party("robot".parse().unwrap(), "Robot")
        }
    }

    fn principal(user: bool, via: Via) -> Principal {
        let id = UserId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        Principal {
            subject: "robot".to_owned(),
            user: user.then_some(id),
            client: "robot".parse().unwrap(),
            scopes: ScopeSet::from_tokens([scope()]),
            audience: Vec::new(),
            confirmation: None,
            authenticated_at: None,
            acr: None,
            token: "AQEBAQEBAQEBAQEBAQEBAQ".parse().unwrap(),
            expires_at: NOW,
            via,
        }
    }

    fn account(active: bool, staff: bool, superuser: bool) -> Account {
        Account {
            id: UserId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            username: Username::parse("ann").unwrap(),
            email: None,
            active,
            staff,
            superuser,
            epoch: 0,
            created_at: NOW,
            last_sign_in_at: None,
            password_changed_at: None,
        }
    }

    fn decided(
        wish: Wish,
        principal: &Principal,
        client: Option<&Client>,
        account: Option<&Account>,
    ) -> Result<(), Refusal> {
        decide(wish, Facts { principal, client, account }, &scope(), &policy())
    }

    #[test]
    fn a_client_needs_the_scope_still_and_a_person_the_right_as_well() {
        let good = client(Origin::Operator, Some("grantwell:admin"));
        let alone = principal(false, Via::Bearer);
        assert_eq!(decided(Wish::Change, &alone, Some(&good), None), Ok(()));
        let taken = [
            client(Origin::Operator, Some("read")),
            client(Origin::Operator, None),
            client(Origin::Developer, Some("grantwell:admin")),
            client(Origin::Dynamic, Some("grantwell:admin")),
        ];
        for client in taken.iter().map(Some).chain([None]) {
            assert_eq!(
                decided(Wish::Look, &alone, client, None),
                Err(Refusal::Client),
                "{client:?}"
            );
        }
        let cookie = principal(true, Via::Session);
        let all = account(true, true, true);
        let refused = decided(Wish::Look, &cookie, Some(&good), Some(&all));
        assert_eq!(refused, Err(Refusal::Browser));
        let person = principal(true, Via::Bearer);
        for (active, staff, superuser, look, change) in [
            (true, true, true, true, true),
            (true, false, true, true, true),
            (true, true, false, true, false),
            (true, false, false, false, false),
            (false, true, true, false, false),
        ] {
            let account = account(active, staff, superuser);
            for (wish, may) in [(Wish::Look, look), (Wish::Change, change)] {
                let got = decided(wish, &person, Some(&good), Some(&account));
                assert_eq!(got.is_ok(), may, "{active} {staff} {superuser} {wish:?}");
            }
        }
        assert_eq!(decided(Wish::Look, &person, Some(&good), None), Err(Refusal::Person));
    }
}
