//! Every kind of field, from JSON and from forms, through both databases and back.
use grantwell_rest::{Public, Resource, Resources, ViewSet};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use serde_json::{Value as Data, json};

use super::stand::{FORM, JSON, Stand, make_table, on_both};

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(10))")]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    #[sea_orm(string_value = "white")]
    White,
    #[sea_orm(string_value = "black")]
    Black,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "thing")]
#[resource(path = "things", read = Public, write = Public, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i32,
    #[resource(default = true, filter)]
    pub flag: bool,
    pub small: Option<i16>,
    #[resource(min = -5, max = 5)]
    pub large: Option<i64>,
    pub narrow: Option<f32>,
    #[resource(min = 0.5)]
    pub wide: Option<f64>,
    #[sea_orm(column_type = "Decimal(Some((10, 2)))", nullable)]
    #[resource(max = "99.99")]
    pub price: Option<Decimal>,
    #[resource(min_length = 2, allow_blank)]
    pub note: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub long: Option<String>,
    #[resource(min = "2000-01-01", filter)]
    pub day: Option<Date>,
    pub hour: Option<Time>,
    pub local: Option<DateTime>,
    #[resource(filter)]
    pub instant: Option<DateTimeUtc>,
    pub zoned: Option<DateTimeWithTimeZone>,
    #[resource(filter)]
    pub code: Option<Uuid>,
    pub data: Option<Json>,
    #[resource(choices = ["white", "black"], filter)]
    pub colour: Option<Colour>,
    /// How big it is.
    #[resource(choices = ["s", "l"], default = "s")]
    #[serde(rename = "size")]
    #[sea_orm(column_name = "how_large")]
    pub extent: String,
    #[resource(write_only)]
    #[serde(skip_serializing)]
    pub pin: Option<String>,
}
impl ViewSet for Model {}

const CODE: &str = "0198c5f2-6d3a-7c4e-9f1b-2a3b4c5d6e7f";

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn values_of_every_kind_go_in_and_come_out() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::new(database, Resources::new().add::<Model>());
        let full = json!({
            "id": 1, "flag": false, "small": -3, "large": 5, "narrow": 1.5, "wide": 0.5, "price": "12.50", "note": "ab",
            "long": "line\nline", "day": "2026-03-31", "hour": "18:30:15", "local": "2026-03-31T18:30:00",
            "instant": "2026-03-31T18:30:00Z", "zoned": "2026-03-31T18:30:00+02:00", "code": CODE,
            "data": {"a": [1, null]}, "colour": "black", "size": "l",
        });
        let mut sent = full.clone();
        sent["pin"] = "1234".into();
        let made = stand.ask("POST /v1/things/", "", (JSON, sent.to_string())).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let same_instant = |mut row: Data| {
            let zoned =
                chrono::DateTime::parse_from_rfc3339(row["zoned"].as_str().unwrap()).unwrap();
            row["zoned"] = zoned.to_utc().to_rfc3339().into();
            // SQLite keeps decimals as numbers.
            row["price"] = row["price"].as_str().unwrap().trim_end_matches('0').into();
            row
        };
        assert_eq!(same_instant(made.json()), same_instant(full.clone()));
        let form = format!(
            "flag=true&small=7&large=-5&narrow=2.25&wide=1e1&price=9.99&note=&long=&day=2000-01-01&hour=18%3A30&\
             local=2026-03-31T18%3A30&instant=2026-03-31T20%3A30%3A00%2B02%3A00&zoned=&code={CODE}&data=%5B1%5D&colour=white&size=s"
        );
        let made = stand.ask("PUT /v1/things/1/", "", (FORM, form)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        assert_eq!(
            made.json(),
            json!({
                "id": 1, "flag": true, "small": 7, "large": -5, "narrow": 2.25, "wide": 10.0, "price": "9.99", "note": "",
                "long": null, "day": "2000-01-01", "hour": "18:30:00", "local": "2026-03-31T18:30:00",
                "instant": "2026-03-31T18:30:00Z", "zoned": null, "code": CODE, "data": [1], "colour": "white", "size": "s",
            })
        );
        for query in [
            "flag=true",
            "day=2000-01-01",
            "instant=2026-03-31T18:30:00Z",
            &format!("code={CODE}"),
            "colour=white",
        ] {
            let list = stand.ask(&format!("GET /v1/things/?{query}"), "", ("", "")).await;
            assert_eq!(
                (list.status.as_u16(), list.header("x-total-count")),
                (200, "1"),
                "{query}: {}",
                list.text
            );
        }
        let bare = stand.ask("POST /v1/things/", "", (JSON, "{}")).await;
        assert_eq!(bare.status, 201, "{}", bare.text);
        assert_eq!(
            (bare.json()["flag"].clone(), bare.json()["size"].clone()),
            (json!(true), json!("s"))
        );
        let cleared = stand.ask("PUT /v1/things/1/", "", (JSON, "{}")).await;
        assert_eq!(cleared.json()["day"], Data::Null, "what PUT leaves out becomes null");
        let kept = stand.ask("PATCH /v1/things/1/", "", (JSON, r#"{"small":null}"#)).await;
        assert_eq!(kept.status, 200);
    });
}

#[test]
fn values_that_do_not_fit_are_refused_with_the_reason() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::new(database, Resources::new().add::<Model>());
        for (name, value, code) in [
            ("flag", json!("true"), "type"),
            ("flag", json!(1), "type"),
            ("flag", json!(null), "null"),
            ("small", json!(32768), "range"),
            ("small", json!(18_446_744_073_709_551_615_u64), "range"),
            ("large", json!(6), "max"),
            ("large", json!(-6), "min"),
            ("price", json!("-123456789.00"), "range"),
            ("price", json!("1.001"), "decimal_places"),
            ("narrow", json!(1e300), "range"),
            ("narrow", json!("1.5"), "type"),
            ("wide", json!(0.25), "min"),
            ("price", json!(true), "type"),
            ("price", json!("twelve"), "type"),
            ("price", json!(100), "max"),
            ("note", json!("x"), "min_length"),
            ("note", json!(["x"]), "type"),
            ("day", json!("31.03.2026"), "type"),
            ("day", json!("1999-12-31"), "min"),
            ("day", json!(20_260_331), "type"),
            ("day", json!("+12026-03-31"), "type"),
            ("local", json!("-0001-03-31T18:30:00"), "type"),
            ("instant", json!("0001-01-01T00:00:00+01:00"), "type"),
            ("hour", json!("25:00"), "type"),
            ("local", json!("yesterday"), "type"),
            ("instant", json!("2026-03-31T18:30:00"), "type"),
            ("zoned", json!("2026-03-31"), "type"),
            ("code", json!("x"), "type"),
            ("colour", json!("pink"), "choice"),
            ("size", json!("m"), "choice"),
            ("extent", json!("s"), "unknown"),
        ] {
            let answer =
                stand.ask("POST /v1/things/", "", (JSON, json!({ name: value }).to_string())).await;
            assert_eq!(answer.status, 422, "{name} {value}: {}", answer.text);
            let errors = answer.json()["errors"].clone();
            assert_eq!(errors[0]["pointer"], format!("/{name}"), "{value}");
            assert_eq!(errors[0]["code"], code, "{name} {value}: {errors}");
            assert_eq!(errors.as_array().unwrap().len(), 1);
        }
        // A number in JSON is a decimal as well.
        let price = stand.ask("POST /v1/things/", "", (JSON, r#"{"price":12.5}"#)).await;
        assert_eq!(
            price.json()["price"].as_str().map(|price| price.trim_end_matches('0')),
            Some("12.5")
        );
        let described = stand.ask("OPTIONS /v1/things/", "", ("", "")).await.json();
        assert_eq!(described["fields"]["size"]["help"], "How big it is.");
        assert_eq!(described["fields"]["pin"]["write_only"], true);
    });
}

#[test]
fn what_a_database_would_trip_over_is_taken_or_refused() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::new(database, Resources::new().add::<Model>());
        let nul = stand.ask("POST /v1/things/", "", (FORM, r#"data={"a":"\u0000"}"#)).await;
        assert_eq!(nul.status, 422, "{}", nul.text);
        assert_eq!(nul.json()["errors"][0]["pointer"], "/data");
        for price in ["12", "0", "-12345678", "99.99", "1.500"] {
            let body = json!({ "price": price }).to_string();
            let made = stand.ask("POST /v1/things/", "", (JSON, body)).await;
            assert_eq!(made.status, 201, "{price}: {}", made.text);
        }
    });
}
