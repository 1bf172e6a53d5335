//! Who may do what, as values that can be joined: `authenticated() & (owner(Column::Owner) | staff())`.
mod step_up;

use std::{
    fmt,
    ops::{BitAnd, BitOr, Not},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use http::{StatusCode, header};
use sea_orm::{ColumnTrait, Condition, sea_query::ColumnType};

pub use step_up::{StepUp, signed_in_with, signed_in_within};

use crate::{Access, Action, Ctx, Problem, Result, Scopes, guard, verifier::Person};

/// What a permission says about a caller.
#[derive(Debug)]
pub enum Verdict {
    /// Yes.
    Yes,
    /// No, for this reason.
    No(Problem),
    /// Not yet: the person has to sign in anew, and like this.
    SignIn(StepUp),
    /// For some rows: those that meet this condition.
    Rows(Condition),
}

type Ask = dyn for<'a> Fn(&'a Ctx) -> BoxFuture<'a, Result<Verdict>> + Send + Sync;

/// Who may do something, once the scope has been checked. Join permissions by `&` and `|`, turn one round by `!`.
///
/// A permission may be about rows ([`owner`], [`rows`]): then callers see the rows that meet it in lists, the others look as
/// if they did not exist, and nobody can create or change a row into one that is not theirs. The condition is part of the
/// statement, so a list costs no more for it.
#[derive(Clone)]
pub struct Permission {
    ask: Arc<Ask>,
    /// What it asks of the sign-in of everybody who wants to do this.
    sign_in: Arc<dyn Fn(Action) -> StepUp + Send + Sync>,
}

impl fmt::Debug for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Permission")
    }
}

impl Permission {
    /// A permission of your own: facts about the caller in, a [`Verdict`] out.
    pub fn new<F>(ask: F) -> Self
    where
        F: for<'a> Fn(&'a Ctx) -> BoxFuture<'a, Result<Verdict>> + Send + Sync + 'static,
    {
        Self { ask: Arc::new(ask), sign_in: Arc::new(|_| StepUp::default()) }
    }

    /// One that needs no look at a database.
    fn at_once(ask: impl Fn(&Ctx) -> Result<Verdict> + Send + Sync + 'static) -> Self {
        Self::new(move |ctx| Box::pin(std::future::ready(ask(ctx))))
    }

    /// What it says about this caller.
    ///
    /// # Errors
    /// What stands in the way of an answer, such as a database that is away.
    pub async fn ask(&self, ctx: &Ctx) -> Result<Verdict> {
        (self.ask)(ctx).await
    }

    /// What it asks of the sign-in of everybody who wants to do this, so that clients can be told beforehand.
    pub fn sign_in(&self, action: Action) -> StepUp {
        (self.sign_in)(action)
    }

    /// The same permission, asked for these actions only; every other action is allowed.
    #[must_use]
    pub fn for_actions(self, actions: &'static [Action]) -> Self {
        let told = Arc::clone(&self.sign_in);
        let sign_in = move |action: Action| {
            if actions.contains(&action) { told(action) } else { StepUp::default() }
        };
        let limited = Self::new(move |ctx| {
            let inner = self.clone();
            Box::pin(async move {
                if actions.contains(&ctx.action()) {
                    inner.ask(ctx).await
                } else {
                    Ok(Verdict::Yes)
                }
            })
        });
        Self { sign_in: Arc::new(sign_in), ..limited }
    }
}

impl BitAnd for Permission {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        let (one, two) = (Arc::clone(&self.sign_in), Arc::clone(&other.sign_in));
        let sign_in = move |action| one(action).and(&two(action));
        let both = Self::new(move |ctx| {
            let (one, other) = (self.clone(), other.clone());
            Box::pin(async move {
                let first = one.ask(ctx).await?;
                Ok(match first {
                    no @ Verdict::No(_) => no,
                    // One new sign-in for all that is asked of it.
                    Verdict::SignIn(wanted) => {
                        Verdict::SignIn(wanted.and(&other.sign_in(ctx.action())))
                    }
                    Verdict::Yes | Verdict::Rows(_) => match (first, other.ask(ctx).await?) {
                        (_, Verdict::SignIn(wanted)) => {
                            Verdict::SignIn(one.sign_in(ctx.action()).and(&wanted))
                        }
                        (Verdict::Rows(condition), Verdict::Rows(more)) => {
                            Verdict::Rows(Condition::all().add(condition).add(more))
                        }
                        (first @ Verdict::Rows(_), Verdict::Yes) => first,
                        (_, second) => second,
                    },
                })
            })
        });
        Self { sign_in: Arc::new(sign_in), ..both }
    }
}

impl BitOr for Permission {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self::new(move |ctx| {
            let (one, other) = (self.clone(), other.clone());
            Box::pin(async move {
                Ok(match one.ask(ctx).await? {
                    Verdict::Yes => Verdict::Yes,
                    no @ (Verdict::No(_) | Verdict::SignIn(_)) => match other.ask(ctx).await? {
                        // The first reason is the one that most callers can do something about.
                        Verdict::No(_) | Verdict::SignIn(_) => no,
                        better => better,
                    },
                    Verdict::Rows(condition) => match other.ask(ctx).await? {
                        Verdict::Yes => Verdict::Yes,
                        Verdict::No(_) | Verdict::SignIn(_) => Verdict::Rows(condition),
                        Verdict::Rows(more) => {
                            Verdict::Rows(Condition::any().add(condition).add(more))
                        }
                    },
                })
            })
        })
    }
}

impl Not for Permission {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(move |ctx| {
            let inner = self.clone();
            Box::pin(async move {
                Ok(match inner.ask(ctx).await? {
                    Verdict::Yes => Verdict::No(Problem::forbidden("You may not do this.")),
                    Verdict::No(_) | Verdict::SignIn(_) => Verdict::Yes,
                    Verdict::Rows(condition) => {
                        Verdict::Rows(Condition::all().add(condition).not())
                    }
                })
            })
        })
    }
}

/// Everybody who passed the scope check.
pub fn everybody() -> Permission {
    Permission::at_once(|_| Ok(Verdict::Yes))
}

/// Whoever brought a credential, a client that acts for itself among them.
pub fn authenticated() -> Permission {
    Permission::at_once(|ctx| {
        Ok(match ctx.principal() {
            Some(_) => Verdict::Yes,
            None => Verdict::No(unauthenticated(ctx)),
        })
    })
}

/// Actions that change nothing.
pub fn reading() -> Permission {
    Permission::at_once(|ctx| {
        Ok(if ctx.action().is_read() {
            Verdict::Yes
        } else {
            Verdict::No(Problem::forbidden("This can be read, but not changed."))
        })
    })
}

/// Whoever brought a credential with this scope, or with these: `scope::<AnyOf<(Sell, Manage)>>()`.
pub fn scope<S: Scopes>() -> Permission {
    Permission::at_once(|ctx| {
        let requirement = <S as Access>::REQUIREMENT;
        Ok(match guard::require(requirement, ctx.principal(), ctx.metadata()) {
            Ok(()) => Verdict::Yes,
            Err(problem) => Verdict::No(problem),
        })
    })
}

/// People who may open the administration.
pub fn staff() -> Permission {
    person(|person| person.staff || person.superuser, "This is for staff.")
}

/// People who may do everything.
pub fn superuser() -> Permission {
    person(|person| person.superuser, "This is for superusers.")
}

/// The rows that meet a condition, which may depend on the caller.
///
/// # Errors
/// The closure may refuse the caller altogether, for example by [`Ctx::user`].
pub fn rows(condition: impl Fn(&Ctx) -> Result<Condition> + Send + Sync + 'static) -> Permission {
    Permission::at_once(move |ctx| {
        Ok(match condition(ctx) {
            Ok(condition) => Verdict::Rows(condition),
            Err(problem) => Verdict::No(problem),
        })
    })
}

/// The rows whose column names the caller: a UUID column holds the user's id, any other column the subject of the token.
pub fn owner<C: ColumnTrait>(column: C) -> Permission {
    let by_id = matches!(column.def().get_column_type(), ColumnType::Uuid);
    Permission::at_once(move |ctx| {
        let Some(principal) = ctx.principal() else {
            return Ok(Verdict::No(unauthenticated(ctx)));
        };
        let own = match (by_id, principal.user) {
            (true, Some(user)) => column.eq(user.as_uuid()),
            (true, None) => {
                return Ok(Verdict::No(Problem::forbidden(
                    "This is for a user's token; a client that acts for itself owns nothing here.",
                )));
            }
            (false, _) => column.eq(principal.subject.as_str()),
        };
        Ok(Verdict::Rows(Condition::all().add(own)))
    })
}

fn person(allows: fn(&Person) -> bool, otherwise: &'static str) -> Permission {
    Permission::new(move |ctx| {
        Box::pin(async move {
            if ctx.principal().is_none() {
                return Ok(Verdict::No(unauthenticated(ctx)));
            }
            Ok(match ctx.person().await? {
                Some(person) if allows(&person) => Verdict::Yes,
                _ => Verdict::No(Problem::forbidden(otherwise)),
            })
        })
    })
}

fn unauthenticated(ctx: &Ctx) -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "missing_token",
        "This is for signed-in callers: send an access token as `Authorization: Bearer <token>`.",
    )
    .with_header(header::WWW_AUTHENTICATE, guard::challenge(&[], ctx.metadata()))
}
