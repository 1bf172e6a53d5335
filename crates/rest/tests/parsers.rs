//! Properties of the doors for values: whatever a caller sends, coercion and bodies end in a value or a refusal.
#![expect(missing_docs, reason = "a test program")]

use grantwell_rest::field::{Field, Kind, coerce};
use proptest::prelude::*;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use grantwell_rest::{Public, Resource, Resources, ViewSet};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "thing")]
#[resource(path = "things", read = Public, write = Public, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[resource(min = -5, max = 5)]
    pub tiny: i8,
    #[resource(min = 0)]
    pub large: i64,
    pub narrow: f32,
    #[resource(max = 1.5)]
    pub wide: f64,
    #[resource(min = "0.01")]
    pub price: Decimal,
    #[resource(min_length = 2, max_length = 9)]
    pub name: String,
    pub flag: bool,
    #[resource(max = "2030-01-01")]
    pub day: Date,
    pub hour: Time,
    pub local: DateTime,
    pub instant: DateTimeUtc,
    pub zoned: DateTimeWithTimeZone,
    pub code: Uuid,
    pub data: Json,
}
impl ViewSet for Model {}

fn fields() -> Vec<Field> {
    let resources = Resources::new().add::<Model>();
    let fields = resources.facts().flat_map(|facts| facts.fields.clone()).collect::<Vec<_>>();
    assert!(fields.len() == 15 && fields.iter().all(|field| field.kind != Kind::Opaque));
    fields
}

/// Texts near to what is taken: numbers and dates with a few characters changed, and any text.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+0-9eE.:TZ ]{0,40}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?",
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
    ]
}

proptest! {
    #[test]
    fn any_text_is_a_value_or_a_refusal(text in texts()) {
        for field in fields() {
            if let Err(refusal) = coerce::text(&field, &text) {
                prop_assert!(refusal.detail.ends_with('.') && !refusal.code.is_empty());
            }
            let json = serde_json::Value::from(text.as_str());
            // A text and the same text as JSON agree, where JSON takes texts at all.
            if let (Ok(from_json), Ok(from_text)) = (coerce::json(&field, &json), coerce::text(&field, &text)) {
                prop_assert!(from_json == from_text || matches!(field.kind, Kind::Json));
            }
        }
    }

    #[test]
    fn any_number_is_a_value_or_a_refusal(whole in any::<i64>(), broken in any::<f64>()) {
        for field in fields() {
            for number in [serde_json::json!(whole), serde_json::json!(broken)] {
                if let Ok(value) = coerce::json(&field, &number)
                    && field.name == "tiny"
                {
                    prop_assert!((-5..=5).contains(&whole) || broken.fract() == 0.0, "{value:?}");
                }
            }
        }
    }
}
