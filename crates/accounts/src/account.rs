//! The facts about one user that the rules ask for.

use oauth::id::UserId;
use oauth::time::Timestamp;

use crate::email::Email;
use crate::username::Username;

/// A user, as stored, without the password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// The name that never changes.
    pub id: UserId,
    /// The name to sign in with.
    pub username: Username,
    /// The address for mail, if the person gave one.
    pub email: Option<Email>,
    /// Whether the account may be used at all; a disabled account keeps its data.
    pub active: bool,
    /// Whether the person may open the administration pages.
    pub staff: bool,
    /// Whether the person may do everything there.
    pub superuser: bool,
    /// Which generation of sessions and tokens is alive: disabling, a new password and "sign out everywhere"
    /// add one, and whatever names an earlier one is dead.
    pub epoch: u32,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the person last signed in with a password.
    pub last_sign_in_at: Option<Timestamp>,
    /// When the password was last set; `None` while there is none.
    pub password_changed_at: Option<Timestamp>,
}

impl Account {
    /// Whether something that was issued under `epoch` is still good for this account. This asks both halves,
    /// so that no caller can ask only one.
    pub fn admits(&self, epoch: u32) -> bool {
        self.active && epoch == self.epoch
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An active, ordinary user.
    pub(crate) fn halfspring() -> Account {
        Account {
            id: UserId::from_uuid(uuid::Uuid::from_u128(7)),
            username: Username::parse("halfspring").unwrap(),
            email: None,
            active: true,
            staff: false,
            superuser: false,
            epoch: 3,
            created_at: Timestamp::from_millis(0),
            last_sign_in_at: None,
            password_changed_at: None,
        }
    }

    #[test]
    fn an_account_admits_only_its_own_epoch_and_only_while_active() {
        for (active, epoch, expected) in [
            (true, 3, true),
            (true, 2, false),
            (true, 4, false),
            (false, 3, false),
            (false, 2, false),
        ] {
            let account = Account { active, ..halfspring() };
            assert_eq!(account.admits(epoch), expected, "active {active}, epoch {epoch}");
        }
    }
}
