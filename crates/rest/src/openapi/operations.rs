//! The operations of a resource: of its list, of its rows, of its actions, each with what it asks for, takes and answers.
use http::Method;
use serde_json::{Map, Value as Json, json};

use super::{
    About, answers,
    names::{self, ResourceNames},
    operation::Operation,
    parameters, schema,
};
use crate::{
    Action, Dialect, Facts, Resources, Shape, Total, action::ExtraFacts, input::validate::Mode,
};

/// A resource where it is.
pub(super) struct Place<'a> {
    pub(super) prefix: &'a str,
    pub(super) facts: &'a Facts,
    pub(super) names: &'a ResourceNames,
    pub(super) about: &'a About,
    pub(super) dialect: Dialect,
}

/// What every operation may answer.
const ALWAYS: &[u16] = &[400, 401, 403, 406, 429, 503];
/// The verbs of the usual operations.
const USUAL: [&str; 8] =
    ["list", "create", "retrieve", "replace", "update", "delete", "bulk_update", "bulk_delete"];
/// What writing may answer besides.
const WRITING: &[u16] = &[409, 413, 415, 422];

/// The path items of a resource.
pub(super) fn paths(place: &Place<'_>) -> Vec<(String, Json)> {
    let list = format!("{}/{}/", place.prefix, place.facts.path);
    let item = format!("{list}{{id}}/");
    let mut paths = vec![(list.clone(), place.list()), (item.clone(), place.item())];
    for action in &place.facts.actions {
        let path = format!("{}{}/", if action.detail { &item } else { &list }, action.name);
        let method = action.method.as_str().to_ascii_lowercase();
        let known = paths.iter_mut().find(|(known, _)| *known == path);
        if let Some(item) = known.and_then(|(_, item)| item.as_object_mut()) {
            item.insert(method, place.action(action));
            continue;
        }
        let mut item = Map::new();
        if action.detail {
            item.insert("parameters".to_owned(), json!([parameters::key(place.facts)]));
        }
        item.insert(method, place.action(action));
        paths.push((path, item.into()));
    }
    paths
}

/// The API root.
pub(super) fn root(about: &About, id: &str, resources: &Resources, prefix: &str) -> Json {
    let entries: Map<String, Json> = resources
        .facts()
        .map(|facts| (facts.path.to_owned(), format!("{prefix}/{}/", facts.path).into()))
        .collect();
    let schema = json!({
        "type": "object", "additionalProperties": { "type": "string", "format": "uri-reference" },
        "examples": [entries],
    });
    let mut answers = answers::references(Dialect::Problems, &[400, 406]);
    let good = answers::good(about, "Each resource and its address.", &schema, &json!({}));
    answers.insert("200".to_owned(), good);
    json!({ "get": {
        "operationId": id, "summary": "List the resources", "tags": [super::ROOT_TAG],
        "parameters": [parameters::format(about)], "security": [], "responses": answers,
    } })
}

impl Place<'_> {
    fn list(&self) -> Json {
        let (facts, about) = (self.facts, self.about);
        let mut item = Map::new();
        let list = self
            .operation("list", &format!("List rows of {}", facts.name), Action::List)
            .parameters(parameters::of_list(facts, about))
            .answer(200, self.rows())
            .answer(304, answers::empty("Nothing has changed since."));
        item.insert("get".to_owned(), list.finish());
        let made = if facts.bulk > 0 {
            json!({ "anyOf": [self.shown(), { "type": "array", "items": self.shown() }] })
        } else {
            self.shown()
        };
        let headers = json!({
            "ETag": answers::header("The state of the new row, for `If-Match`.", "string"),
            "Location": answers::header("The address of the new row.", "string"),
        });
        let create = self
            .operation("create", &format!("Add a row to {}", facts.name), Action::Create)
            .parameters(self.named(&Method::POST, vec![parameters::format(about)]))
            .body(self.body(("Create", Mode::Create), &["application/json", FORM, PARTS]))
            .answer(201, answers::good(about, "The new row.", &made, &headers))
            .problems(WRITING);
        item.insert("post".to_owned(), create.finish());
        if facts.bulk > 0 {
            self.bulk(&mut item);
        }
        item.into()
    }

    fn bulk(&self, item: &mut Map<String, Json>) {
        let (facts, about) = (self.facts, self.about);
        let rows = json!({ "type": "array", "items": self.shown() });
        let patch = schema::change_of_many(facts);
        let sent =
            json!({ "type": "array", "items": patch, "minItems": 1, "maxItems": facts.bulk });
        let change = self
            .operation(
                "bulk_update",
                &format!("Change many rows of {}", facts.name),
                Action::PartialUpdate,
            )
            .parameters(self.named(&Method::PATCH, vec![parameters::format(about)]))
            .body(
                json!({ "required": true, "content": { "application/json": { "schema": sent } } }),
            )
            .answer(200, answers::good(about, "The rows as they are now.", &rows, &json!({})))
            .problems(WRITING)
            .problems(&[404]);
        item.insert("patch".to_owned(), change.finish());
        let delete = self
            .operation(
                "bulk_delete",
                &format!("Remove many rows of {}", facts.name),
                Action::Delete,
            )
            .parameters(vec![parameters::keys(facts)])
            .answer(204, answers::empty("The rows are gone."))
            .problems(&[404, 409, 413]);
        item.insert("delete".to_owned(), delete.finish());
    }

    fn item(&self) -> Json {
        let (facts, about) = (self.facts, self.about);
        let mut item = Map::new();
        item.insert("parameters".to_owned(), json!([parameters::key(facts)]));
        let tag = || json!({ "ETag": answers::header("The state of the row, for `If-Match`.", "string") });
        let row = |text: &str| answers::good(about, text, &self.shown(), &tag());
        let seen = answers::good(about, "The row.", &self.picked(), &tag());
        let read = self
            .operation("retrieve", &format!("See one row of {}", facts.name), Action::Retrieve)
            .parameters(parameters::of_shown(facts, about))
            .answer(200, seen)
            .answer(304, answers::empty("Nothing has changed since."))
            .problems(&[404]);
        item.insert("get".to_owned(), read.finish());
        for (method, action, verb, summary, input, types) in [
            (
                Method::PUT,
                Action::Update,
                "replace",
                "Replace a row of",
                ("Replace", Mode::Replace),
                &["application/json", FORM, PARTS][..],
            ),
            (
                Method::PATCH,
                Action::PartialUpdate,
                "update",
                "Change a row of",
                ("Patch", Mode::Partial),
                &["application/merge-patch+json", "application/json", FORM, PARTS][..],
            ),
        ] {
            let change = self
                .operation(verb, &format!("{summary} {}", facts.name), action)
                .parameters(self.named(&method, parameters::of_changed(facts, about)))
                .body(self.body(input, types))
                .answer(200, row("The row as it is now."))
                .problems(WRITING)
                .problems(self.precondition());
            item.insert(method.as_str().to_ascii_lowercase(), change.finish());
        }
        let delete = self
            .operation("delete", &format!("Remove a row of {}", facts.name), Action::Delete)
            .parameters(parameters::of_changed(facts, about))
            .answer(204, answers::empty("The row is gone."))
            .problems(&[409])
            .problems(self.precondition());
        item.insert("delete".to_owned(), delete.finish());
        item.into()
    }

    fn action(&self, action: &ExtraFacts) -> Json {
        let word = names::snake(action.name);
        let verb = if self.is_named_before(action) {
            format!("{}_{word}", action.method.as_str().to_ascii_lowercase())
        } else {
            word.clone()
        };
        let summary = if action.help.is_empty() {
            crate::field::label_of(&word)
        } else {
            action.help.to_owned()
        };
        let good = answers::good(self.about, "What the action answers.", &json!({}), &json!({}));
        let mut operation = self
            .operation(&verb, &summary, action.action())
            .going(action.deprecation)
            .asking(action.requirement)
            .answer(200, good)
            .answer(204, answers::empty("Done; there is nothing to say."))
            .problems(if action.detail { &[404, 422] } else { &[422] });
        let mut named = vec![parameters::format(self.about)];
        if action.method == Method::GET {
            named.extend(parameters::of_input(&action.fields));
        } else {
            operation = operation.problems(WRITING);
            let schema = schema::of_fields(&action.fields);
            let needed = action.fields.iter().any(|field| field.required);
            operation =
                operation.body(content(&schema, &["application/json", FORM, PARTS], needed));
        }
        operation.parameters(self.named(&action.method, named)).finish()
    }

    /// Whether the name of an action is that of an operation which comes before it: one address may have several methods.
    fn is_named_before(&self, action: &ExtraFacts) -> bool {
        let first = self.facts.actions.iter().find(|one| one.name == action.name);
        let is_first =
            first.is_some_and(|one| one.method == action.method && one.detail == action.detail);
        !is_first || USUAL.contains(&names::snake(action.name).as_str())
    }

    fn operation(&self, verb: &str, summary: &str, action: Action) -> Operation {
        let mut json = Map::new();
        json.insert("operationId".to_owned(), format!("{verb}_{}", self.names.operation).into());
        json.insert("summary".to_owned(), summary.into());
        json.insert("tags".to_owned(), json!([self.names.schema]));
        let operation = Operation {
            json,
            sign_in: self.facts.sign_in(action),
            answers: Map::new(),
            problems: ALWAYS.to_vec(),
            deprecation: self.facts.deprecation,
            dialect: self.dialect,
        };
        operation.asking(self.facts.requirement(action))
    }

    /// With the parameter that names a request, where it may have one.
    fn named(&self, method: &Method, mut parameters: Vec<Json>) -> Vec<Json> {
        if self.about.remembers {
            parameters.extend(parameters::idempotency_key(self.facts, method));
        }
        parameters
    }

    fn precondition(&self) -> &'static [u16] {
        if self.facts.require_if_match { &[404, 412, 428] } else { &[404, 412] }
    }

    fn body(&self, (input, mode): (&str, Mode), types: &[&str]) -> Json {
        let one = reference(&self.names.input(input));
        let mut body = content(&one, types, schema::needs_body(self.facts, mode));
        self.form(&mut body, mode);
        if self.facts.bulk > 0 && input == "Create" {
            let many = json!({ "type": "array", "items": one, "minItems": 1, "maxItems": self.facts.bulk });
            if let Some(schema) = body.pointer_mut("/content/application~1json/schema") {
                *schema = json!({ "anyOf": [one, many] });
            }
        }
        body
    }

    /// What is different when a form sends it: empty inputs, and lists with commas.
    fn form(&self, body: &mut Json, mode: Mode) {
        let lists = self.facts.relations.iter().filter(|relation| relation.writable);
        let commas = json!({ "style": "form", "explode": false });
        let encoding: Map<String, Json> =
            lists.map(|relation| (relation.name.to_owned(), commas.clone())).collect();
        let schema = schema::of_form(self.facts, mode);
        let parts = schema::of_parts(self.facts, mode).or_else(|| schema.clone());
        for (kind, schema) in [(FORM, schema), (PARTS, parts)] {
            let form = body.get_mut("content").and_then(|content| content.get_mut(kind));
            let Some(Json::Object(form)) = form else { continue };
            if let Some(schema) = schema {
                form.insert("schema".to_owned(), schema);
            }
            if kind == FORM && !encoding.is_empty() {
                form.insert("encoding".to_owned(), encoding.clone().into());
            }
        }
    }

    fn shown(&self) -> Json {
        reference(&self.names.schema)
    }

    /// A row as reading shows it: whole, or the members that were asked for.
    fn picked(&self) -> Json {
        json!({ "anyOf": [self.shown(), reference(&self.names.input("Part"))] })
    }

    /// What a list answers, in the shape that the resource chose.
    fn rows(&self) -> Json {
        let (facts, about) = (self.facts, self.about);
        let mut rows =
            json!({ "type": "array", "items": self.picked(), "maxItems": facts.page_size });
        let whole = json!({ "type": "integer", "minimum": 0 });
        if facts.lists.shape() == Shape::Envelope {
            let link = json!({ "type": ["string", "null"] });
            let mut properties = json!({ "next": link, "previous": link, "results": rows });
            let count = match facts.lists.total() {
                Total::Exact => Some("count"),
                Total::Estimated => Some("estimated_count"),
                Total::None => None,
            };
            if let (Some(count), Some(map)) = (count, properties.as_object_mut()) {
                map.insert(count.to_owned(), whole.clone());
            }
            rows = json!({
                "type": "object", "properties": properties, "required": ["next", "previous", "results"],
            });
        }
        let mut headers = json!({
            "ETag": answers::header("Changes whenever the answer does.", "string"),
            "Link": answers::header("The other pieces of the list (RFC 8288), where there are several.", "string"),
        });
        let (name, text) = match facts.lists.total() {
            Total::Exact => ("X-Total-Count", "How many rows there are in all pieces."),
            _ => ("X-Estimated-Count", "About how many rows there are in all pieces."),
        };
        if let (false, Some(map)) = (facts.lists.total() == Total::None, headers.as_object_mut()) {
            map.insert(name.to_owned(), json!({ "description": text, "schema": whole }));
        }
        let mut good = answers::good(about, "The rows of one piece.", &rows, &headers);
        if let Some(Json::Object(content)) = good.get_mut("content") {
            for kind in ["text/csv", "application/x-ndjson"] {
                content.insert(kind.to_owned(), json!({ "schema": { "type": "string" } }));
            }
        }
        good
    }
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data";

fn content(schema: &Json, types: &[&str], required: bool) -> Json {
    let content: Map<String, Json> =
        types.iter().map(|kind| ((*kind).to_owned(), json!({ "schema": schema }))).collect();
    json!({ "required": required, "content": content })
}
