//! Whether a JSON Schema takes less than an older one, or answers more.
use std::{cell::RefCell, collections::BTreeSet};

use serde_json::{Map, Value as Json};

use super::{is_true, resolve};

/// Which way values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the client: what was taken must still be taken.
    Sent,
    /// To the client: what comes must be what it knows.
    Answered,
}

/// Two documents and the way that values go.
pub(super) struct Shapes<'a> {
    old: &'a Json,
    new: &'a Json,
    direction: Direction,
    /// Pairs of references that are being compared further out: schemas may lead back to themselves.
    open: RefCell<BTreeSet<(String, String)>>,
}

/// Limits that let fewer values through when they grow, and when they shrink.
const LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];

impl<'a> Shapes<'a> {
    pub(super) fn new(old: &'a Json, new: &'a Json, direction: Direction) -> Self {
        Self { old, new, direction, open: RefCell::default() }
    }

    /// What is broken, each with the place inside the value.
    pub(super) fn compare(&self, old: &Json, new: &Json) -> Vec<String> {
        let mut found = Vec::new();
        self.walk((old, new), "", &mut found);
        found
    }

    fn walk(&self, (old, new): (&Json, &Json), at: &str, found: &mut Vec<String>) {
        let name =
            |json: &Json| json.get("$ref").and_then(Json::as_str).unwrap_or_default().to_owned();
        let pair = (name(old), name(new));
        let named = !pair.0.is_empty() || !pair.1.is_empty();
        if named && !self.open.borrow_mut().insert(pair.clone()) {
            return;
        }
        // Equal texts may refer to what is not equal any more, so there is no short way.
        let (old, new) = (resolve(self.old, old), resolve(self.new, new));
        self.alternatives((old, new), at, found);
        if named {
            self.open.borrow_mut().remove(&pair);
        }
    }

    /// `anyOf` and `oneOf`: each way that was open has to stay open, and no way may come that the client does not know.
    fn alternatives(&self, (old, new): (&Json, &Json), at: &str, found: &mut Vec<String>) {
        let (was, is) = (ways(old), ways(new));
        if was.len() == 1 && is.len() == 1 {
            self.schema((old, new), at, found);
            return;
        }
        let (each, among) =
            if self.direction == Direction::Sent { (&was, &is) } else { (&is, &was) };
        for one in each {
            let tried = among.iter().map(|other| {
                let mut broken = Vec::new();
                let pair =
                    if self.direction == Direction::Sent { (*one, *other) } else { (*other, *one) };
                self.walk(pair, at, &mut broken);
                broken
            });
            // The nearest tells best what has changed.
            found.extend(tried.min_by_key(Vec::len).unwrap_or_default());
        }
    }

    fn schema(&self, (old, new): (&Json, &Json), at: &str, found: &mut Vec<String>) {
        if self.types((old, new), at, found) {
            return;
        }
        self.choices((old, new), at, found);
        self.properties((old, new), at, found);
        if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
            self.walk((old, new), &format!("{at}[]"), found);
        }
        let format = |json: &Json| json.get("format").and_then(Json::as_str).map(str::to_owned);
        let (was, is) = (format(old), format(new));
        let matters = if self.direction == Direction::Sent { is.is_some() } else { was.is_some() };
        if was != is && matters {
            let word = |one: Option<String>| one.unwrap_or_else(|| "none".to_owned());
            found.push(format!("{} has the format {} instead of {}", the(at), word(is), word(was)));
        }
        if self.direction == Direction::Sent {
            limits((old, new), at, found);
        }
        let (was, is) = (all_of(old), all_of(new));
        for (index, new) in is.iter().enumerate() {
            match was.get(index) {
                Some(old) => self.walk((old, new), at, found),
                None if self.direction == Direction::Sent => {
                    found.push(format!("{} has to meet one more condition", the(at)));
                }
                None => {}
            }
        }
    }

    /// Whether the types alone break it; then nothing more needs to be said.
    fn types(&self, (old, new): (&Json, &Json), at: &str, found: &mut Vec<String>) -> bool {
        let (was, is) = (types(old), types(new));
        let (from, to) = if self.direction == Direction::Sent { (&was, &is) } else { (&is, &was) };
        let lost: Vec<&str> = from
            .iter()
            .filter(|kind| !(to.contains(*kind) || **kind == "integer" && to.contains("number")))
            .copied()
            .collect();
        if lost.is_empty() {
            return false;
        }
        let words = lost.join(" or ");
        found.push(match self.direction {
            Direction::Sent => format!("{} can no longer be {words}", the(at)),
            Direction::Answered => format!("{} can now be {words}", the(at)),
        });
        true
    }

    fn choices(&self, (old, new): (&Json, &Json), at: &str, found: &mut Vec<String>) {
        let list = |json: &Json| json.get("enum").and_then(Json::as_array).cloned();
        let (was, is) = (list(old), list(new));
        let (from, to) = if self.direction == Direction::Sent { (was, is) } else { (is, was) };
        let Some(to) = to else { return };
        let told = |value: &Json| match self.direction {
            Direction::Sent => format!("{} can no longer be {value}", the(at)),
            Direction::Answered => format!("{} can now be {value}", the(at)),
        };
        match from {
            Some(from) => {
                found.extend(from.iter().filter(|value| !to.contains(value)).map(told));
            }
            None => found.push(match self.direction {
                Direction::Sent => format!("{} takes a few values only", the(at)),
                Direction::Answered => format!("{} can now be any value", the(at)),
            }),
        }
    }

    fn properties(&self, (old, new): (&Json, &Json), at: &str, found: &mut Vec<String>) {
        let (was, is) = (properties(old), properties(new));
        let needed = |json: &Json, name: &str| {
            json.get("required")
                .and_then(Json::as_array)
                .is_some_and(|all| all.iter().any(|one| one == name))
        };
        let closed = new.get("additionalProperties") == Some(&Json::Bool(false));
        for (name, old_property) in &was {
            let place = inside(at, name);
            match (is.get(name), self.direction) {
                (Some(new_property), _) => {
                    let passed_over =
                        self.direction == Direction::Sent && is_true(old_property, "readOnly");
                    if !passed_over {
                        self.walk((old_property, new_property), &place, found);
                    }
                }
                (None, Direction::Answered) => found.push(format!("the field `{place}` is gone")),
                (None, Direction::Sent) if closed => {
                    found.push(format!("the field `{place}` is no longer taken"));
                }
                (None, Direction::Sent) => {}
            }
            let (was, is) = (needed(old, name), needed(new, name));
            match self.direction {
                Direction::Answered
                    if was
                        && !is
                        && new.get("properties").is_some_and(|all| all.get(name).is_some()) =>
                {
                    found.push(format!("the field `{place}` may be missing"));
                }
                Direction::Sent if is && !was => {
                    found.push(format!("the field `{place}` is now required"));
                }
                _ => {}
            }
        }
        if self.direction == Direction::Sent {
            for name in is.keys().filter(|name| !was.contains_key(*name) && needed(new, name)) {
                found.push(format!("there is a new required field `{}`", inside(at, name)));
            }
            if closed
                && !was.is_empty()
                && old.get("additionalProperties") != Some(&Json::Bool(false))
            {
                found.push(format!("{} no longer takes other fields", the(at)));
            }
        }
    }
}

fn limits((old, new): (&Json, &Json), at: &str, found: &mut Vec<String>) {
    let number = |json: &Json, name: &str| json.get(name).and_then(Json::as_f64);
    for (names, grows) in [(LEAST, true), (MOST, false)] {
        for name in names {
            let (was, Some(is)) = (number(old, name), number(new, name)) else { continue };
            let narrower = was.is_none_or(|was| if grows { is > was } else { is < was });
            if narrower {
                let was = old.get(name).map_or_else(|| "none".to_owned(), Json::to_string);
                let is = new.get(name).map(Json::to_string).unwrap_or_default();
                found.push(format!("the {name} of {} is {is} instead of {was}", the(at)));
            }
        }
    }
    let (was, is) = (old.get("pattern"), new.get("pattern"));
    if is.is_some() && was != is {
        found.push(format!("{} has to match another pattern", the(at)));
    }
}

/// The types that a schema lets through; all when it does not say.
fn types(schema: &Json) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => BTreeSet::from([one.as_str()]),
        Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).collect(),
        _ => BTreeSet::from(TYPES),
    }
}

fn ways(schema: &Json) -> Vec<&Json> {
    let list = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array);
    list.map_or_else(|| vec![schema], |list| list.iter().collect())
}

fn all_of(schema: &Json) -> &[Json] {
    schema.get("allOf").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn properties(schema: &Json) -> Map<String, Json> {
    schema.get("properties").and_then(Json::as_object).cloned().unwrap_or_default()
}

fn inside(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// What a place is called in a sentence.
fn the(at: &str) -> String {
    if at.is_empty() { "the value".to_owned() } else { format!("`{at}`") }
}
