//! The OpenAPI 3.1 document of all resources: facts in, document out; no clock, no database.
//!
//! It is built as JSON and not through a crate's model of OpenAPI: the schemas come from facts that exist at run time only, and
//! JSON Schema 2020-12 in full (types that may be null, closed objects) is more than those models hold.
mod answers;
pub mod breaking;
pub(crate) mod example;
mod names;
mod operation;
mod operations;
mod parameters;
mod schema;

use std::collections::BTreeMap;

use oauth::policy::ScopeDeclaration;
use serde_json::{Map, Value as Json, json};

use crate::{Dialect, Resources};
use names::Names;

pub use schema::of as schema_of;

/// The version of the OpenAPI specification that the document keeps to.
pub const VERSION: &str = "3.1.1";
/// The names of the security schemes.
pub(crate) const OAUTH2: &str = "oauth2";
pub(crate) const BEARER: &str = "bearer";
/// The tag of the API roots.
const ROOT_TAG: &str = "API";

/// What the document says besides the resources.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The name of the API.
    pub title: String,
    /// The version of the API, which is not that of the program.
    pub version: String,
    /// What it is for, in Markdown; empty when there is nothing to say.
    pub description: String,
    /// Where the API is reached from outside, without a slash at the end; empty for wherever the document came from.
    pub server: String,
    /// The authorization endpoint, whole (RFC 6749 §3.1).
    pub authorization_url: String,
    /// The token endpoint, whole (RFC 6749 §3.2).
    pub token_url: String,
    /// Whether resources answer browsers with pages.
    pub pages: bool,
    /// Whether answers are remembered under an `Idempotency-Key` ([`RestState::with_answers`](crate::RestState::with_answers)).
    pub remembers: bool,
    /// Bytes of a request body at most.
    pub body_limit: usize,
    /// In which words resources that do not say it themselves tell what is wrong.
    pub dialect: Dialect,
}

/// The document about these resources, each list with its prefix.
pub fn document<'r>(
    about: &About,
    mounted: impl IntoIterator<Item = (&'r str, &'r Resources)>,
) -> Json {
    let mut draft = Draft::new(about);
    for (prefix, resources) in mounted {
        draft.add(prefix, resources);
    }
    draft.finish()
}

/// The scopes of all these resources, each once.
pub fn scopes<'r>(resources: impl IntoIterator<Item = &'r Resources>) -> Vec<ScopeDeclaration> {
    let mut all: Vec<ScopeDeclaration> = Vec::new();
    for scope in resources.into_iter().flat_map(Resources::scopes) {
        if !all.iter().any(|known| known.name == scope.name) {
            all.push(scope);
        }
    }
    all
}

/// The document while it is being written.
pub(crate) struct Draft<'a> {
    about: &'a About,
    names: Names,
    paths: Map<String, Json>,
    schemas: Map<String, Json>,
    tags: Vec<Json>,
    scopes: BTreeMap<String, String>,
    fragments: Vec<Json>,
    dialects: Vec<Dialect>,
}

impl<'a> Draft<'a> {
    fn new(about: &'a About) -> Self {
        Self {
            about,
            names: Names::default(),
            paths: Map::new(),
            schemas: Map::new(),
            tags: Vec::new(),
            scopes: BTreeMap::new(),
            fragments: Vec::new(),
            // The roots always speak it.
            dialects: vec![Dialect::Problems],
        }
    }

    fn add(&mut self, prefix: &str, resources: &Resources) {
        for scope in resources.scopes() {
            self.scopes.entry(scope.name.to_string()).or_insert(scope.description);
        }
        let prefix = crate::resources::normal(prefix);
        // Names first: a relation may lead to a resource that is described later.
        let named: Vec<_> = resources
            .facts()
            .map(|facts| (facts, self.names.of_resource(&prefix, facts.path)))
            .collect();
        let known: BTreeMap<&str, String> =
            named.iter().map(|(facts, names)| (facts.path, names.schema.clone())).collect();
        let dialect = resources.own_dialect().unwrap_or(self.about.dialect);
        if !self.dialects.contains(&dialect) {
            self.dialects.push(dialect);
        }
        for (facts, names) in &named {
            self.schemas.extend(schema::components(facts, names, &known));
            self.tags.push(json!({ "name": names.schema, "description": tag_text(facts) }));
            let about = self.about;
            let place = operations::Place { prefix: &prefix, facts, names, about, dialect };
            self.paths.extend(operations::paths(&place));
        }
        let root = self.names.operation(&prefix, "list_resources");
        self.paths
            .insert(format!("{prefix}/"), operations::root(self.about, &root, resources, &prefix));
        self.fragments.extend(resources.fragments().iter().map(|one| below(&prefix, one)));
    }

    fn finish(self) -> Json {
        let about = self.about;
        let mut info = json!({ "title": about.title, "version": about.version });
        if let (false, Some(info)) = (about.description.is_empty(), info.as_object_mut()) {
            info.insert("description".to_owned(), about.description.as_str().into());
        }
        let mut tags = self.tags;
        tags.push(json!({ "name": ROOT_TAG, "description": "What there is." }));
        let mut schemas = self.schemas;
        for dialect in &self.dialects {
            schemas.extend(answers::schemas(*dialect));
        }
        let problems: Map<String, Json> =
            self.dialects.iter().flat_map(|dialect| answers::problems(about, *dialect)).collect();
        let server = if about.server.is_empty() { "/" } else { &about.server };
        let mut document = json!({
            "openapi": VERSION,
            "info": info,
            "servers": [{ "url": server }],
            "tags": tags,
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "responses": problems,
                "securitySchemes": security_schemes(about, &self.scopes),
            },
        });
        for fragment in self.fragments {
            merge(&mut document, fragment);
        }
        document
    }
}

fn tag_text(facts: &crate::Facts) -> String {
    if facts.description.is_empty() {
        format!("Rows of `{}`.", facts.path)
    } else {
        facts.description.to_owned()
    }
}

fn security_schemes(about: &About, scopes: &BTreeMap<String, String>) -> Json {
    json!({
        OAUTH2: {
            "type": "oauth2",
            "description": "Sign in and say what the application may do (RFC 6749 §4.1, with PKCE).",
            "flows": { "authorizationCode": {
                "authorizationUrl": about.authorization_url,
                "tokenUrl": about.token_url,
                "refreshUrl": about.token_url,
                "scopes": scopes,
            } },
        },
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token that was got in another way (RFC 6750 §2.1).",
        },
    })
}

/// A fragment of the author's, its paths below the prefix.
fn below(prefix: &str, fragment: &Json) -> Json {
    let mut fragment = fragment.clone();
    if let Some(paths) = fragment.get_mut("paths").and_then(Json::as_object_mut) {
        let own = std::mem::take(paths);
        paths.extend(own.into_iter().map(|(path, item)| (format!("{prefix}{path}"), item)));
    }
    fragment
}

/// Objects are joined, lists are continued, everything else is replaced.
fn merge(into: &mut Json, from: Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (Json::Array(into), Json::Array(from)) => into.extend(from),
        (into, from) => *into = from,
    }
}
