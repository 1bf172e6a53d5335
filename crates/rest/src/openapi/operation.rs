//! One operation while it is being written: what it asks for, takes and answers.
use serde_json::{Map, Value as Json, json};

use super::{BEARER, OAUTH2, answers};
use crate::{Declaration, Deprecation, Dialect, Requirement, permission::StepUp};

/// An operation while it is being written.
pub(super) struct Operation {
    pub(super) json: Map<String, Json>,
    pub(super) sign_in: StepUp,
    pub(super) answers: Map<String, Json>,
    pub(super) problems: Vec<u16>,
    pub(super) deprecation: Option<Deprecation>,
    pub(super) dialect: Dialect,
}

impl Operation {
    /// What it asks for: each alternative is a security requirement of its own, as is a token that was got in another way.
    pub(super) fn asking(mut self, requirement: Requirement) -> Self {
        let sets = requirement.alternatives();
        let open = sets.iter().any(Vec::is_empty);
        let set = |set: &Vec<Declaration>| json!({ OAUTH2: set.iter().map(|scope| scope.name).collect::<Vec<_>>() });
        let bearer = std::iter::once(json!({ BEARER: [] }));
        let security: Json =
            if open { json!([]) } else { sets.iter().map(set).chain(bearer).collect() };
        let scopes = (!open).then(|| {
            format!("Needs {}: {}.", requirement.the_scopes(), requirement.descriptions())
        });
        let sign_in = (!self.sign_in.is_empty())
            .then(|| format!("Needs {} (RFC 9470).", self.sign_in.words()));
        let going = self.deprecation.map(|deprecation| deprecation.text());
        if going.is_some() {
            self.json.insert("deprecated".to_owned(), true.into());
        }
        let needs: Vec<String> = scopes.into_iter().chain(sign_in).chain(going).collect();
        if !needs.is_empty() {
            self.json.insert("description".to_owned(), needs.join(" ").into());
        }
        self.json.insert("security".to_owned(), security);
        self
    }

    /// It may go away at another time than its resource.
    pub(super) fn going(mut self, deprecation: Option<Deprecation>) -> Self {
        self.deprecation = deprecation.or(self.deprecation);
        self
    }

    pub(super) fn parameters(mut self, parameters: Vec<Json>) -> Self {
        self.json.insert("parameters".to_owned(), parameters.into());
        self
    }

    pub(super) fn body(mut self, body: Json) -> Self {
        self.json.insert("requestBody".to_owned(), body);
        self
    }

    pub(super) fn answer(mut self, status: u16, answer: Json) -> Self {
        self.answers.insert(status.to_string(), answer);
        self
    }

    pub(super) fn problems(mut self, statuses: &[u16]) -> Self {
        self.problems.extend(statuses);
        self
    }

    pub(super) fn finish(mut self) -> Json {
        self.answers.extend(answers::references(self.dialect, &self.problems));
        self.json.insert("responses".to_owned(), self.answers.into());
        self.json.into()
    }
}
