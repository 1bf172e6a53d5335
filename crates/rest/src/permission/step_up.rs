//! How recently and how strongly somebody has to have signed in: the step-up challenge of RFC 9470.
use std::{sync::Arc, time::Duration};

use http::{StatusCode, header};
use oauth::{principal::Principal, time::Timestamp};

use super::{Permission, Verdict, unauthenticated};
use crate::{Ctx, Problem, guard};

/// What is asked of a sign-in. Several demands are met by one new sign-in, so they are told together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepUp {
    acr_values: Vec<&'static str>,
    max_age: Option<Duration>,
}

impl StepUp {
    /// The `acr` values of which one is needed; empty when any will do.
    pub fn acr_values(&self) -> &[&'static str] {
        &self.acr_values
    }

    /// How long ago the sign-in may be; `None` when that does not matter.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.acr_values.is_empty() && self.max_age.is_none()
    }

    /// What meets both. Two lists of strengths that share none cannot both be met: then the first stays, and whoever meets it
    /// hears of the second.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.max_age = match (self.max_age, other.max_age) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let shared: Vec<&'static str> =
            self.acr_values.iter().copied().filter(|acr| other.acr_values.contains(acr)).collect();
        if self.acr_values.is_empty() {
            self.acr_values.clone_from(&other.acr_values);
        } else if !shared.is_empty() {
            self.acr_values = shared;
        }
        self
    }

    /// What a client has to ask the authorization endpoint for: `acr_values=2&max_age=300`.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let strength =
            (!self.acr_values.is_empty()).then(|| ("acr_values", self.acr_values.join(" ")));
        let age = self.max_age.map(|span| ("max_age", span.as_secs().to_string()));
        strength.into_iter().chain(age).collect()
    }

    /// What is needed, for people.
    pub(crate) fn words(&self) -> String {
        let strength = match self.acr_values.as_slice() {
            [] => String::new(),
            [one] => format!(" of the strength `{one}`"),
            many => format!(" of one of the strengths `{}`", many.join("`, `")),
        };
        let age = self.max_age.map_or_else(String::new, |span| {
            format!(" that is at most {} seconds old", span.as_secs())
        });
        format!("a sign-in{strength}{age}")
    }

    /// RFC 9470 §3: 401 with a challenge that says which sign-in would do, so that the client can ask for it.
    pub(crate) fn refuse(&self, ctx: &Ctx) -> Problem {
        let needed = self.words();
        let parameters = self.parameters();
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("`{name}={value}`")).collect();
        let detail = format!(
            "This needs {needed}: send the person to the authorization endpoint with {}.",
            query.join(" and ")
        );
        let words = match (self.acr_values.is_empty(), self.max_age.is_none()) {
            (true, _) => "A more recent sign-in is needed",
            (false, true) => "A stronger sign-in is needed",
            (false, false) => "A stronger or more recent sign-in is needed",
        };
        let said = [("error", CODE), ("error_description", words)].into_iter();
        let asked = parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let challenge = guard::challenge(&said.chain(asked).collect::<Vec<_>>(), ctx.metadata());
        Problem::new(StatusCode::UNAUTHORIZED, CODE, detail)
            .with_header(header::WWW_AUTHENTICATE, challenge)
    }
}

const CODE: &str = "insufficient_user_authentication";

/// People who proved who they are at most this long ago; others are sent to sign in again (RFC 9470 §3).
pub fn signed_in_within(span: Duration) -> Permission {
    let wanted = StepUp { max_age: Some(span), ..StepUp::default() };
    asking(wanted, move |principal, now| {
        principal.authenticated_at.is_some_and(|at| now.since(at) <= span)
    })
}

/// People who signed in as strongly as one of these says; others are sent to do so (RFC 9470 §3). How strongly is an `acr` value:
/// a word of the server that issues the tokens, without spaces. None is above another, so name all that are good enough.
pub fn signed_in_with(acr_values: &'static [&'static str]) -> Permission {
    let wanted = StepUp { acr_values: acr_values.to_vec(), ..StepUp::default() };
    asking(wanted, move |principal, _| {
        principal.acr.as_deref().is_some_and(|acr| acr_values.contains(&acr))
    })
}

fn asking(
    wanted: StepUp,
    meets: impl Fn(&Principal, Timestamp) -> bool + Send + Sync + 'static,
) -> Permission {
    let told = wanted.clone();
    let ask = move |ctx: &Ctx| {
        Ok(match ctx.principal() {
            None => Verdict::No(unauthenticated(ctx)),
            Some(principal) if meets(principal, ctx.now()) => Verdict::Yes,
            Some(_) => Verdict::SignIn(wanted.clone()),
        })
    };
    Permission { sign_in: Arc::new(move |_| told.clone()), ..Permission::at_once(ask) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::StepUp;

    fn wanted(acr_values: &[&'static str], seconds: Option<u64>) -> StepUp {
        StepUp { acr_values: acr_values.to_vec(), max_age: seconds.map(Duration::from_secs) }
    }

    #[test]
    fn two_demands_are_one_that_meets_both() {
        for (one, other, both) in [
            (wanted(&["2"], None), wanted(&[], Some(300)), wanted(&["2"], Some(300))),
            (wanted(&[], Some(300)), wanted(&["2"], Some(60)), wanted(&["2"], Some(60))),
            (wanted(&["2", "3"], None), wanted(&["3", "4"], None), wanted(&["3"], None)),
            (wanted(&["2"], None), wanted(&["3"], None), wanted(&["2"], None)),
            (wanted(&[], None), wanted(&[], None), wanted(&[], None)),
        ] {
            assert_eq!(one.and(&other), both);
        }
    }

    #[test]
    fn people_read_what_is_needed() {
        for (wanted, words) in [
            (wanted(&["2"], None), "a sign-in of the strength `2`"),
            (wanted(&[], Some(300)), "a sign-in that is at most 300 seconds old"),
            (
                wanted(&["2", "3"], Some(60)),
                "a sign-in of one of the strengths `2`, `3` that is at most 60 seconds old",
            ),
        ] {
            assert_eq!(wanted.words(), words);
        }
    }
}
