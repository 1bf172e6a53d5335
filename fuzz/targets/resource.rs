//! Fuzz target: what is sent to a resource: a body, a query string, a value for each kind of field.
#![no_main]

use grantwell_rest::{Facts, Public, Resource, Resources, ViewSet, doors, field::coerce};
use http::{HeaderMap, HeaderValue, Request, header};
use libfuzzer_sys::fuzz_target;
use sea_orm::entity::prelude::*;
use serde::Serialize;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "thing")]
#[resource(path = "things", read = Public, write = Public, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[resource(min = -5, max = 5, filter(exact, gte, range, in), order)]
    pub tiny: i8,
    pub narrow: Option<f32>,
    #[resource(max = 1.5, filter)]
    pub wide: f64,
    #[sea_orm(column_type = "Decimal(Some((10, 2)))")]
    #[resource(min = "0.01", filter)]
    pub price: Decimal,
    #[resource(min_length = 2, max_length = 9, search, filter(exact, icontains, startswith, in), order)]
    pub name: String,
    #[resource(default = true, filter)]
    pub flag: bool,
    #[resource(max = "2030-01-01", filter)]
    pub day: Date,
    #[resource(filter)]
    pub hour: Time,
    #[resource(filter)]
    pub local: DateTime,
    #[resource(filter)]
    pub instant: DateTimeUtc,
    pub zoned: DateTimeWithTimeZone,
    #[resource(filter)]
    pub code: Uuid,
    pub data: Json,
}

impl ViewSet for Model {}

thread_local! {
    static FACTS: Facts = Resources::new().add::<Model>().facts().cloned().next().unwrap();
}

fuzz_target!(|data: &[u8]| FACTS.with(|facts| ask(facts, data)));

fn ask(facts: &Facts, data: &[u8]) {
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Err(problem) = doors::body(facts, &headers, data) {
            assert!(problem.status().is_client_error(), "{problem}");
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    for field in &facts.fields {
        let _ = coerce::text(field, text);
        let _ = coerce::unlimited_text(field, text);
        let _ = coerce::json(field, &text.into());
    }
    let request = Request::get(format!("/?{text}")).header(header::ACCEPT, text.trim());
    if let Ok(request) = request.body(()) {
        let _ = doors::query(facts, &request.into_parts().0);
    }
}
