//! JSON Schema 2020-12 of a resource: what is shown of a row, and what is taken to make, replace or change one.
mod relations;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

use super::{example, names::ResourceNames};
use crate::{
    Facts,
    field::{Constant, Field, Kind},
    input::validate::Mode,
    relation::Relation,
};

/// Every text is without NUL.
pub(super) const NO_NUL: &str = r"^[^\u0000]*$";
/// A text with at least one character that is no white space, as Unicode knows it: engines disagree about `\s`.
const NOT_BLANK: &str = r"^[^\u0000]*[^\u0000\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000][^\u0000]*$";

/// The schema of a type, for [`ViewSet::output_schema`](crate::ViewSet::output_schema) of a resource that shows a type of its own:
/// `Some(rest::openapi::schema_of::<Shown>())`. Types inside it are written out in place.
pub fn of<T: JsonSchema>() -> Json {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The schemas of one resource by name; `known` are the names of the resources beside it, by path.
pub(super) fn components(
    facts: &Facts,
    names: &ResourceNames,
    known: &BTreeMap<&str, String>,
) -> Vec<(String, Json)> {
    vec![
        (names.schema.clone(), output(facts, known)),
        (names.input("Part"), part(facts, known)),
        (names.input("Create"), input(facts, Mode::Create)),
        (names.input("Replace"), input(facts, Mode::Replace)),
        (names.input("Patch"), input(facts, Mode::Partial)),
    ]
}

/// What is taken by an action of the author's own.
pub(super) fn of_fields(fields: &[Field]) -> Json {
    object((fields, &[]), Mode::Create, 0)
}

fn output(facts: &Facts, known: &BTreeMap<&str, String>) -> Json {
    if let Some(schema) = &facts.output_schema {
        return schema.clone();
    }
    let shown: Vec<&Field> = facts.fields.iter().filter(|field| !field.write_only).collect();
    let mut properties: Map<String, Json> =
        shown.iter().map(|field| (field.name.to_owned(), shown_value(field))).collect();
    for relation in &facts.relations {
        properties.insert(relation.name.to_owned(), relations::shown(relation, known));
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    let Some(map) = schema.as_object_mut() else { return schema };
    if !facts.description.is_empty() {
        map.insert("description".to_owned(), facts.description.into());
    }
    // A type that the author writes out by hand may leave fields out, and may have others.
    if facts.shows_model {
        let links = facts.relations.iter().filter(|relation| relation.writable).map(|one| one.name);
        let required: Vec<&str> = shown.iter().map(|field| field.name).chain(links).collect();
        map.insert("required".to_owned(), required.into());
        map.insert("additionalProperties".to_owned(), false.into());
        if let Some(example) = example::row(shown.iter().copied()) {
            map.insert("examples".to_owned(), json!([example]));
        }
    }
    schema
}

/// Some members of a row, as `fields` asks for them.
fn part(facts: &Facts, known: &BTreeMap<&str, String>) -> Json {
    let mut schema = output(facts, known);
    if let Some(map) = schema.as_object_mut() {
        map.shift_remove("required");
        map.shift_remove("examples");
    }
    schema
}

/// Whether a body has to be there: one without any field is that of nobody who sends none.
pub(super) fn needs_body(facts: &Facts, mode: Mode) -> bool {
    input(facts, mode).get("required").is_some()
}

fn input(facts: &Facts, mode: Mode) -> Json {
    object((&facts.fields, &facts.relations), mode, 0)
}

/// What is taken of a row that is `level` rows below that of the request.
fn object((fields, relations): (&[Field], &[Relation]), mode: Mode, level: usize) -> Json {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        let open = if mode == Mode::Create { field.writable() } else { field.changeable() };
        properties
            .insert(field.name.to_owned(), if open { taken_value(field, mode) } else { ignored() });
        let may_stay = field.write_only && mode == Mode::Replace;
        if open && field.required && !may_stay && mode != Mode::Partial {
            required.push(field.name);
        }
    }
    for relation in relations {
        properties.insert(
            relation.name.to_owned(),
            if relation.writable {
                relations::keys(relation)
            } else {
                relations::children(relation, level).unwrap_or_else(ignored)
            },
        );
    }
    let mut schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    if required.is_empty() {
        schema.as_object_mut().and_then(|map| map.shift_remove("required"));
    }
    let open = fields
        .iter()
        .filter(|field| if mode == Mode::Create { field.writable() } else { field.changeable() });
    if let (Some(map), Some(example)) = (schema.as_object_mut(), example::row(open)) {
        map.insert("examples".to_owned(), json!([example]));
    }
    schema
}

/// A row can be sent back whole: what cannot be changed is passed over.
fn ignored() -> Json {
    json!({ "readOnly": true, "description": "Not taken; passed over when it is sent." })
}

/// The schema of a value as it is shown. Rows may be older than the limits, so these are not promised.
fn shown_value(field: &Field) -> Json {
    let mut schema = typed(field.kind);
    if !field.choices.is_empty() {
        schema.insert("enum".to_owned(), json!(field.choices));
    }
    let mut schema = described(field, nullable(schema, field.nullable));
    if field.read_only {
        schema.insert("readOnly".to_owned(), true.into());
    }
    schema.into()
}

/// The schema of a value as it is taken.
fn taken_value(field: &Field, mode: Mode) -> Json {
    let mut schema = typed(field.kind);
    limit(field, &mut schema);
    // A decimal number may be written as a text too, and is shown as one.
    if field.kind == Kind::Decimal {
        schema.insert("type".to_owned(), json!(["string", "number"]));
        schema.insert("pattern".to_owned(), decimal_pattern(field.decimal).into());
    }
    let mut schema = described(field, nullable(schema, field.nullable));
    if field.write_only {
        schema.insert("writeOnly".to_owned(), true.into());
    }
    if let (Some(default), true) = (field.default, mode != Mode::Partial) {
        schema.insert("default".to_owned(), default.to_json());
    }
    schema.into()
}

/// The schema of a value in a path or a query: of the right type, free of the limits that new values have.
pub(super) fn compared_value(field: &Field) -> Json {
    let mut schema = typed(field.kind);
    match field.kind {
        Kind::Text | Kind::LongText => drop(schema.insert("pattern".to_owned(), NO_NUL.into())),
        Kind::Decimal => drop(schema.insert("pattern".to_owned(), decimal_pattern(None).into())),
        _ => {}
    }
    schema.into()
}

/// A decimal number as a text: so many digits in all, so many of them after the point.
fn decimal_pattern(size: Option<(u32, u32)>) -> String {
    let (digits, places) = size.unwrap_or((28, 10));
    match (digits.saturating_sub(places).max(1), places) {
        (whole, 0) => format!("^[+-]?[0-9]{{1,{whole}}}$"),
        (whole, places) => format!("^[+-]?[0-9]{{1,{whole}}}(\\.[0-9]{{1,{places}}})?$"),
    }
}

/// What is taken to change one row of many: the fields of [`Mode::Partial`], and which row is meant.
pub(super) fn change_of_many(facts: &Facts) -> Json {
    with_key(input(facts, Mode::Partial), facts)
}

/// A change that says which row it is about.
fn with_key(mut schema: Json, facts: &Facts) -> Json {
    if let (Some(key), Some(map)) = (facts.key(), schema.as_object_mut()) {
        map.shift_remove("examples");
        map.insert("required".to_owned(), json!([key.name]));
        if let Some(Json::Object(properties)) = map.get_mut("properties") {
            properties.insert(key.name.to_owned(), compared_value(key));
        }
    }
    schema
}

/// What a form takes, where that is not what JSON takes: rows below a row cannot stand in one.
pub(super) fn of_form(facts: &Facts, mode: Mode) -> Option<Json> {
    let json = input(facts, mode);
    let mut flat = json.clone();
    if let Some(Json::Object(properties)) = flat.get_mut("properties") {
        for relation in facts.relations.iter().filter(|relation| relation.children().is_some()) {
            properties.shift_remove(relation.name);
        }
    }
    as_form(&flat).or_else(|| (flat != json).then_some(flat))
}

/// What a form in parts takes, where that is different still: OpenAPI has no word for a list with commas in one part.
pub(super) fn of_parts(facts: &Facts, mode: Mode) -> Option<Json> {
    let form = of_form(facts, mode).unwrap_or_else(|| input(facts, mode));
    let mut parts = form.clone();
    for property in parts.get_mut("properties")?.as_object_mut()?.values_mut() {
        if property.get("type") == Some(&json!("array")) {
            let text = property.get("description").and_then(Json::as_str).unwrap_or_default();
            let text = format!("{text} Commas stand between them.");
            *property =
                json!({ "type": "string", "pattern": NO_NUL, "description": text.trim_start() });
        }
    }
    (parts != form).then_some(parts)
}

/// The same as a form sends it: all values are texts, and an input that is left empty is no value. `None` where that makes no
/// difference.
fn as_form(schema: &Json) -> Option<Json> {
    let mut form = schema.clone();
    for property in form.get_mut("properties")?.as_object_mut()?.values_mut() {
        let taken = property.get("readOnly").is_none();
        if let (true, Some(map)) = (taken, property.as_object_mut()) {
            input_of_form(map);
        }
    }
    (form != *schema).then_some(form)
}

fn input_of_form(property: &mut Map<String, Json>) {
    let Some(types) = property.get("type") else {
        property.insert("type".to_owned(), "string".into());
        property.insert("contentMediaType".to_owned(), "application/json".into());
        return;
    };
    let nullable = types.as_array().is_some_and(|types| types.contains(&json!("null")));
    if !nullable && !property.contains_key("default") {
        return;
    }
    // One schema for both is plainer to read than a choice of two, wherever it can be said.
    if let Some(Json::String(pattern)) = property.get_mut("pattern") {
        *pattern = format!("^$|{pattern}");
    } else if let Some(Json::Array(choices)) = property.get_mut("enum") {
        choices.push("".into());
    } else {
        let full = Json::Object(std::mem::take(property));
        property.insert("anyOf".to_owned(), json!([full, empty()]));
    }
}

/// A text without a character.
pub(super) fn empty() -> Json {
    json!({ "type": "string", "maxLength": 0 })
}

fn described(field: &Field, mut schema: Map<String, Json>) -> Map<String, Json> {
    let mut text = field.help.to_owned();
    for (word, bound) in [("From", field.min), ("Up to", field.max)] {
        if let Some(Constant::Text(bound)) = bound {
            format!("{text} {word} {bound}.").trim_start().clone_into(&mut text);
        }
    }
    if !text.is_empty() {
        schema.insert("description".to_owned(), text.into());
    }
    if field.deprecated {
        schema.insert("deprecated".to_owned(), true.into());
    }
    schema
}

fn nullable(mut schema: Map<String, Json>, nullable: bool) -> Map<String, Json> {
    if !nullable {
        return schema;
    }
    match schema.get_mut("type") {
        Some(Json::Array(types)) => types.push("null".into()),
        Some(one) => *one = json!([one, "null"]),
        None => {}
    }
    if let Some(Json::Array(choices)) = schema.get_mut("enum") {
        choices.push(Json::Null);
    }
    schema
}

/// Type, format and range, from the kind alone.
pub(super) fn typed(kind: Kind) -> Map<String, Json> {
    let schema = match kind {
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer(bits) => integer(i128::MIN >> (128 - u32::from(bits)), bits, "int"),
        Kind::Unsigned(bits) => integer(0, bits, "uint"),
        Kind::Float => json!({ "type": "number", "format": "float" }),
        Kind::Double => json!({ "type": "number", "format": "double" }),
        Kind::Decimal => json!({ "type": "string", "format": "decimal" }),
        Kind::Text | Kind::LongText => json!({ "type": "string" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Time => json!({ "type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$" }),
        Kind::LocalDateTime => {
            json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$" })
        }
        Kind::Instant | Kind::ZonedInstant => json!({ "type": "string", "format": "date-time" }),
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
        Kind::Json | Kind::Opaque => json!({}),
    };
    match schema {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

fn integer(least: i128, bits: u8, format: &str) -> Json {
    let most = if least == 0 { (1i128 << bits) - 1 } else { (1i128 << (bits - 1)) - 1 };
    let mut schema = json!({ "type": "integer", "format": format!("{format}{bits}") });
    if let Some(map) = schema.as_object_mut() {
        map.insert("minimum".to_owned(), whole(least));
        map.insert("maximum".to_owned(), whole(most));
    }
    schema
}

fn whole(number: i128) -> Json {
    i64::try_from(number)
        .map_or_else(|_| u64::try_from(number).map_or(Json::Null, Json::from), Json::from)
}

/// The limits that new values have.
fn limit(field: &Field, schema: &mut Map<String, Json>) {
    for (name, bound) in [("minimum", field.min), ("maximum", field.max)] {
        if let Some(bound @ (Constant::Integer(_) | Constant::Float(_))) = bound {
            schema.insert(name.to_owned(), bound.to_json());
        }
    }
    if !field.kind.is_text() {
        return;
    }
    if !field.choices.is_empty() {
        let blank = field.allow_blank.then(String::new);
        schema.insert("enum".to_owned(), field.choices.iter().cloned().chain(blank).collect());
        return;
    }
    for (name, length) in [("minLength", field.min_length), ("maxLength", field.max_length)] {
        if let Some(length) = length {
            schema.insert(name.to_owned(), length.into());
        }
    }
    let text = if field.allow_blank { NO_NUL } else { NOT_BLANK };
    schema.insert("pattern".to_owned(), text.into());
    if let Some(shape) = field.shape {
        match shape.pattern() {
            Some(pattern) => {
                schema.insert("allOf".to_owned(), json!([{ "pattern": pattern }]));
            }
            None => {
                schema.insert("format".to_owned(), shape.word().into());
            }
        }
    }
}
