//! Each way to break a client, in one line; and what breaks nobody.
use serde_json::{Value as Json, json};

use super::changes;

fn document() -> Json {
    json!({
        "paths": { "/v1/unicorn/": {
            "get": {
                "operationId": "list_unicorn",
                "security": [{ "oauth2": ["read"] }, { "bearer": [] }],
                "parameters": [
                    { "name": "page", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 9 } },
                    { "name": "format", "in": "query", "schema": { "enum": ["json", "html"] } },
                ],
                "responses": {
                    "200": {
                        "headers": { "X-Total-Count": { "required": true } },
                        "content": { "application/json": { "schema": {
                            "type": "array", "items": { "$ref": "#/components/schemas/Unicorn" },
                        } } },
                    },
                    "404": { "description": "x" },
                },
            },
            "post": {
                "operationId": "create_unicorn",
                "security": [],
                "requestBody": { "content": {
                    "application/json": { "schema": { "$ref": "#/components/schemas/New" } },
                    "text/plain": {},
                } },
                "responses": { "201": {}, "204": {} },
            },
        } },
        "components": { "schemas": {
            "Unicorn": {
                "type": "object", "required": ["id", "name"],
                "properties": {
                    "id": { "type": "integer", "format": "int32" },
                    "name": { "type": "string" },
                    "colour": { "enum": ["white", "grey"] },
                    "friend": { "anyOf": [{ "$ref": "#/components/schemas/Unicorn" }, { "type": "null" }] },
                },
            },
            "New": {
                "type": "object", "required": ["name"],
                "properties": {
                    "name": { "type": ["string", "null"], "maxLength": 100 },
                    "colour": { "enum": ["white", "grey"] },
                    "age": { "type": "number" },
                },
            },
        } },
    })
}

const GET: &str = "/paths/~1v1~1unicorn~1/get";
const POST: &str = "/paths/~1v1~1unicorn~1/post";
const SHOWN: &str = "/components/schemas/Unicorn";
const TAKEN: &str = "/components/schemas/New";

/// Sets the value at a place, or takes it away; the object around it is there already.
fn set(document: &mut Json, place: &str, value: Option<Json>) {
    let (around, name) = place.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    let around = document.pointer_mut(around).unwrap_or_else(|| panic!("no {around}"));
    match (around, value) {
        (Json::Object(map), Some(value)) => drop(map.insert(name, value)),
        (Json::Object(map), None) => drop(map.shift_remove(&name).unwrap()),
        (Json::Array(list), Some(value)) => list[name.parse::<usize>().unwrap()] = value,
        (Json::Array(list), None) => drop(list.remove(name.parse().unwrap())),
        _ => panic!("{place}"),
    }
}

/// Where, what becomes of it, and what is told.
type Case = (String, Option<Json>, &'static [&'static str]);

fn cases_of_operations() -> Vec<Case> {
    vec![
        ("/paths/~1v1~1unicorn~1".into(), None, &["/v1/unicorn/: the path is gone"]),
        (POST.into(), None, &["POST /v1/unicorn/: the operation is gone"]),
        (
            format!("{GET}/operationId"),
            Some(json!("unicorns")),
            &["`list_unicorn` is now `unicorns`"],
        ),
        (format!("{GET}/parameters/0"), None, &["the query parameter `page` is gone"]),
        (format!("{GET}/parameters/0/required"), Some(json!(true)), &["`page` is now required"]),
        (
            format!("{GET}/parameters/0"),
            Some(json!({ "name": "tenant", "in": "header", "required": true })),
            &["`page` is gone", "a new required header parameter `tenant`"],
        ),
        (
            format!("{GET}/parameters/0/schema/maximum"),
            Some(json!(8)),
            &["the maximum of the value is 8 instead of 9"],
        ),
        (
            format!("{GET}/parameters/0/schema/minimum"),
            Some(json!(2)),
            &["the minimum of the value is 2 instead of 1"],
        ),
        (
            format!("{GET}/parameters/1/schema/enum/1"),
            None,
            &["the value can no longer be \"html\""],
        ),
        (
            format!("{GET}/security"),
            Some(json!([{ "oauth2": ["read", "more"] }, { "bearer": [] }])),
            &["it now needs the scope `more`"],
        ),
        (
            format!("{GET}/security"),
            Some(json!([{ "oauth2": ["read"] }])),
            &["it can no longer be called with `bearer`"],
        ),
        (
            format!("{POST}/security"),
            Some(json!([{ "bearer": [] }])),
            &["it was open to everybody"],
        ),
        (format!("{GET}/responses/200"), None, &["it no longer answers 200"]),
        (
            format!("{GET}/responses/200/headers"),
            Some(json!({})),
            &["without the header `X-Total-Count`"],
        ),
    ]
}

fn cases_of_security_and_answers() -> Vec<Case> {
    vec![
        (
            format!("{GET}/responses/200/content"),
            Some(json!({})),
            &["the answer 200 is no longer application/json"],
        ),
        (format!("{SHOWN}/properties/name"), None, &["the field `[].name` is gone"]),
        (format!("{SHOWN}/required"), Some(json!(["id"])), &["the field `[].name` may be missing"]),
        (
            format!("{SHOWN}/properties/name/type"),
            Some(json!(["string", "null"])),
            &["`[].name` can now be null"],
        ),
        (
            format!("{SHOWN}/properties/id/type"),
            Some(json!("number")),
            &["`[].id` can now be number"],
        ),
        (
            format!("{SHOWN}/properties/id/format"),
            Some(json!("int64")),
            &["the format int64 instead of int32"],
        ),
        (
            format!("{SHOWN}/properties/colour/enum"),
            Some(json!(["white", "grey", "red"])),
            &["`[].colour` can now be \"red\""],
        ),
        (
            format!("{SHOWN}/properties/colour"),
            Some(json!({})),
            &["`[].colour` can now be any value"],
        ),
        (format!("{POST}/requestBody"), None, &["it no longer takes a body"]),
        (format!("{POST}/requestBody/required"), Some(json!(true)), &["the body is now required"]),
        (
            format!("{POST}/requestBody/content/text~1plain"),
            None,
            &["it no longer takes text/plain"],
        ),
        (
            format!("{TAKEN}/required"),
            Some(json!(["name", "age"])),
            &["the field `age` is now required"],
        ),
        (
            format!("{TAKEN}/properties/name/type"),
            Some(json!("string")),
            &["`name` can no longer be null"],
        ),
    ]
}

fn cases_of_schemas() -> Vec<Case> {
    vec![
        (
            format!("{TAKEN}/properties/name/maxLength"),
            Some(json!(50)),
            &["the maxLength of `name` is 50 instead of 100"],
        ),
        (
            format!("{TAKEN}/properties/name/minLength"),
            Some(json!(1)),
            &["the minLength of `name` is 1 instead of none"],
        ),
        (
            format!("{TAKEN}/properties/name/pattern"),
            Some(json!("^a")),
            &["`name` has to match another pattern"],
        ),
        (
            format!("{TAKEN}/properties/age/type"),
            Some(json!("integer")),
            &["`age` can no longer be number"],
        ),
        (
            format!("{TAKEN}/properties/colour/enum"),
            Some(json!(["white"])),
            &["`colour` can no longer be \"grey\""],
        ),
        (
            format!("{TAKEN}/additionalProperties"),
            Some(json!(false)),
            &["no longer takes other fields"],
        ),
    ]
}

#[test]
fn each_way_to_break_a_client_is_one_line() {
    let cases = cases_of_operations()
        .into_iter()
        .chain(cases_of_security_and_answers())
        .chain(cases_of_schemas());
    for (place, value, lines) in cases {
        let mut new = document();
        set(&mut new, &place, value);
        let found = changes(&document(), &new);
        assert_eq!(found.len(), lines.len(), "{place}: {found:?}");
        for (found, line) in found.iter().zip(lines) {
            assert!(found.contains(line), "{place}: {found} instead of {line}");
        }
    }
}

#[test]
fn what_breaks_nobody_is_not_told() {
    for (place, value) in [
        ("/paths/~1v2~1unicorn~1".to_owned(), json!({ "get": {} })),
        (format!("{GET}/summary"), json!("Another")),
        (format!("{GET}/parameters/0/schema/maximum"), json!(10)),
        (format!("{GET}/responses/409"), json!({})),
        (format!("{GET}/security"), json!([])),
        (format!("{SHOWN}/properties/age"), json!({ "type": "integer" })),
        (format!("{SHOWN}/properties/colour/enum"), json!(["white"])),
        (format!("{SHOWN}/required"), json!(["id", "name", "colour"])),
        (format!("{TAKEN}/properties/height"), json!({ "type": "integer" })),
        (format!("{TAKEN}/required"), json!([])),
        (format!("{TAKEN}/properties/colour/enum"), json!(["white", "grey", "red"])),
        (format!("{TAKEN}/properties/name/maxLength"), json!(200)),
    ] {
        let mut new = document();
        set(&mut new, &place, Some(value));
        assert_eq!(changes(&document(), &new), Vec::<String>::new(), "{place}");
    }
    assert!(changes(&document(), &document()).is_empty());
}

#[test]
fn a_way_that_was_open_stays_open() {
    let body = |schema: Json| json!({ "paths": { "/x": { "post": { "requestBody": { "content": { "application/json": { "schema": schema } } } } } } });
    let one = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let many = json!({ "type": "array", "items": one });
    let both = json!({ "anyOf": [one, many] });
    assert!(changes(&body(one.clone()), &body(both.clone())).is_empty());
    assert_eq!(changes(&body(both), &body(one)).len(), 1);
}
