//! What of an older document a newer one breaks: one plain line for each, for `openapi --check`.
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use shape::{Direction, Shapes};

/// The methods of a path item.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Everything by which `new` breaks a client that was written for `old`; empty when there is nothing.
pub fn changes(old: &Json, new: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, item) in members(old, "/paths") {
        let Some(now) = new.pointer("/paths").and_then(|paths| paths.get(path)) else {
            lines.push(format!("{path}: the path is gone"));
            continue;
        };
        for method in METHODS {
            let Some(was) = item.get(method) else { continue };
            let named = format!("{} {path}", method.to_uppercase());
            match now.get(method) {
                Some(is) => {
                    let pair = Pair { old: (old, item, was), new: (new, now, is), named: &named };
                    pair.compare(&mut lines);
                }
                None => lines.push(format!("{named}: the operation is gone")),
            }
        }
    }
    lines
}

/// An operation in both documents: the document, the path item and the operation.
struct Pair<'a> {
    old: (&'a Json, &'a Json, &'a Json),
    new: (&'a Json, &'a Json, &'a Json),
    named: &'a str,
}

impl Pair<'_> {
    fn compare(&self, lines: &mut Vec<String>) {
        let mut found = Vec::new();
        let id = |operation: &Json| {
            operation.get("operationId").and_then(Json::as_str).map(str::to_owned)
        };
        if let (Some(was), is) = (id(self.old.2), id(self.new.2))
            && is.as_ref() != Some(&was)
        {
            let is = is.unwrap_or_else(|| "nothing".to_owned());
            found.push(format!("the operation id `{was}` is now `{is}`"));
        }
        self.parameters(&mut found);
        self.body(&mut found);
        self.answers(&mut found);
        self.security(&mut found);
        lines.extend(found.into_iter().map(|line| format!("{}: {line}", self.named)));
    }

    fn parameters(&self, found: &mut Vec<String>) {
        let (was, is) = (parameters(self.old), parameters(self.new));
        for (key, old) in &was {
            let named = format!("the {} parameter `{}`", key.0, key.1);
            let Some((_, new)) = is.iter().find(|(known, _)| known == key) else {
                found.push(format!("{named} is gone"));
                continue;
            };
            if is_true(new, "required") && !is_true(old, "required") {
                found.push(format!("{named} is now required"));
            }
            self.shapes(Direction::Sent, &named, (old.get("schema"), new.get("schema")), found);
        }
        for (key, new) in &is {
            if is_true(new, "required") && !was.iter().any(|(known, _)| known == key) {
                found.push(format!("there is a new required {} parameter `{}`", key.0, key.1));
            }
        }
    }

    fn body(&self, found: &mut Vec<String>) {
        let was = self.old.2.get("requestBody").map(|body| resolve(self.old.0, body));
        let is = self.new.2.get("requestBody").map(|body| resolve(self.new.0, body));
        match (was, is) {
            (Some(_), None) => found.push("it no longer takes a body".to_owned()),
            (None, Some(new)) if is_true(new, "required") => {
                found.push("it now needs a body".to_owned());
            }
            (Some(old), Some(new)) => {
                if is_true(new, "required") && !is_true(old, "required") {
                    found.push("the body is now required".to_owned());
                }
                for (kind, was) in members(old, "/content") {
                    match new.pointer("/content").and_then(|content| content.get(kind)) {
                        None => found.push(format!("it no longer takes {kind}")),
                        Some(is) => {
                            let both = (was.get("schema"), is.get("schema"));
                            self.shapes(
                                Direction::Sent,
                                &format!("the body ({kind})"),
                                both,
                                found,
                            );
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn answers(&self, found: &mut Vec<String>) {
        for (status, was) in members(self.old.2, "/responses") {
            // Which problems come may change; what a good answer is may not.
            if !status.starts_with('2') {
                continue;
            }
            let was = resolve(self.old.0, was);
            let Some(is) = self.new.2.pointer("/responses").and_then(|all| all.get(status)) else {
                found.push(format!("it no longer answers {status}"));
                continue;
            };
            let is = resolve(self.new.0, is);
            for (kind, was) in members(was, "/content") {
                match is.pointer("/content").and_then(|content| content.get(kind)) {
                    None => found.push(format!("the answer {status} is no longer {kind}")),
                    Some(is) => {
                        let named = format!("the answer {status} ({kind})");
                        let both = (was.get("schema"), is.get("schema"));
                        self.shapes(Direction::Answered, &named, both, found);
                    }
                }
            }
            for (name, was) in members(was, "/headers") {
                let is = is.pointer("/headers").and_then(|headers| headers.get(name));
                if is_true(was, "required") && !is.is_some_and(|is| is_true(is, "required")) {
                    found.push(format!("the answer {status} may come without the header `{name}`"));
                }
            }
        }
    }

    /// Every credential that was good before has to be good still.
    fn security(&self, found: &mut Vec<String>) {
        let (was, is) = (alternatives(self.old), alternatives(self.new));
        for old in &was {
            let satisfied = is.iter().any(|new| new.is_subset(old));
            if satisfied {
                continue;
            }
            if old.is_empty() {
                found.push("it was open to everybody and now needs a credential".to_owned());
                continue;
            }
            let scheme = |needs: &BTreeSet<(String, String)>| {
                needs.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>()
            };
            let like = is.iter().find(|new| scheme(new) == scheme(old));
            let added: Vec<&str> = like
                .into_iter()
                .flatten()
                .filter(|need| !old.contains(need))
                .map(|(_, scope)| scope.as_str())
                .collect();
            found.push(if added.is_empty() {
                let names = scheme(old).into_iter().collect::<Vec<_>>().join("` with `");
                format!("it can no longer be called with `{names}`")
            } else {
                format!("it now needs the scope `{}`", added.join("` and `"))
            });
        }
    }

    fn shapes(
        &self,
        direction: Direction,
        named: &str,
        both: (Option<&Json>, Option<&Json>),
        found: &mut Vec<String>,
    ) {
        let (old, new) = both;
        let shapes = Shapes::new(self.old.0, self.new.0, direction);
        let anything = Json::Bool(true);
        let lines = shapes.compare(old.unwrap_or(&anything), new.unwrap_or(&anything));
        found.extend(lines.into_iter().map(|line| format!("{named}: {line}")));
    }
}

/// The parameters of an operation, those of its path item among them, by place and name.
fn parameters<'a>(
    (document, item, operation): (&'a Json, &'a Json, &'a Json),
) -> Vec<((String, String), &'a Json)> {
    let mut all: Vec<((String, String), &Json)> = Vec::new();
    for list in [operation, item].into_iter().filter_map(|one| one.get("parameters")?.as_array()) {
        for parameter in list.iter().map(|one| resolve(document, one)) {
            let text = |name| parameter.get(name).and_then(Json::as_str).unwrap_or_default();
            let key = (text("in").to_owned(), text("name").to_owned());
            // Those of the operation go before those of the path.
            if !all.iter().any(|(known, _)| *known == key) {
                all.push((key, parameter));
            }
        }
    }
    all
}

/// The credentials that are enough, each as scheme and scope (an empty one for the scheme itself).
fn alternatives(
    (document, _, operation): (&Json, &Json, &Json),
) -> Vec<BTreeSet<(String, String)>> {
    let named = operation.get("security").or_else(|| document.get("security"));
    let list = named.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        return vec![BTreeSet::new()];
    }
    let one = |schemes: &Map<String, Json>| {
        let mut needs = BTreeSet::new();
        for (scheme, scopes) in schemes {
            needs.insert((scheme.clone(), String::new()));
            let scopes = scopes.as_array().into_iter().flatten().filter_map(Json::as_str);
            needs.extend(scopes.map(|scope| (scheme.clone(), scope.to_owned())));
        }
        needs
    };
    list.iter().filter_map(Json::as_object).map(one).collect()
}

/// The members of the object at a place.
fn members<'a>(json: &'a Json, place: &str) -> impl Iterator<Item = (&'a String, &'a Json)> {
    json.pointer(place).and_then(Json::as_object).into_iter().flatten()
}

fn is_true(json: &Json, name: &str) -> bool {
    json.get(name) == Some(&Json::Bool(true))
}

/// What a reference leads to; anything else is itself.
fn resolve<'a>(document: &'a Json, json: &'a Json) -> &'a Json {
    let mut json = json;
    // References to references, a few; a circle ends here.
    for _ in 0..8 {
        let Some(place) = json.get("$ref").and_then(Json::as_str) else { break };
        let Some(target) = place.strip_prefix('#').and_then(|place| document.pointer(place)) else {
            break;
        };
        json = target;
    }
    json
}
