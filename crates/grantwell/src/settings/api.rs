//! What callers of the resources meet: the words of errors, and how often they may ask.

use std::borrow::Cow;

use rest::throttle::{Rate, Throttle};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What callers of the resources meet: the words of errors, and how often they may ask.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// In which words resources tell what is wrong, unless the program says it of them: `problems` (RFC 9457), or
    /// `django_rest_framework`, its bodies and its status codes, for clients that were written for it.
    pub errors: Errors,
    /// How often callers without a credential may ask, each address for itself, such as `100/hour` (`second`, `minute`,
    /// `hour`, `day`). All of them may come at once. When it is not set: what the program says.
    pub anonymous_rate: Option<RequestRate>,
    /// How often each user may ask, and each client that acts for itself. When it is not set: what the program says.
    pub user_rate: Option<RequestRate>,
    /// How often each client may ask, all its users together. When it is not set: what the program says.
    pub client_rate: Option<RequestRate>,
}

impl Api {
    /// The rates that are set.
    pub(crate) fn throttles(&self) -> impl Iterator<Item = Throttle> {
        let rate = |set: Option<RequestRate>| set.map(|rate| rate.0);
        let throttles = [
            rate(self.anonymous_rate).map(Throttle::anonymous),
            rate(self.user_rate).map(Throttle::user),
            rate(self.client_rate).map(Throttle::client),
        ];
        throttles.into_iter().flatten()
    }
}

/// In which words resources tell what is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    /// Problem details (RFC 9457).
    #[default]
    Problems,
    /// As Django REST framework does it.
    DjangoRestFramework,
}

impl From<Errors> for rest::Dialect {
    fn from(errors: Errors) -> Self {
        match errors {
            Errors::Problems => Self::Problems,
            Errors::DjangoRestFramework => Self::DjangoRestFramework,
        }
    }
}

/// So many requests in so long: `"100/hour"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRate(Rate);

impl Serialize for RequestRate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unit = match self.0.window().as_secs() {
            1 => "second",
            60 => "minute",
            3600 => "hour",
            _ => "day",
        };
        serializer.collect_str(&format_args!("{}/{unit}", self.0.requests()))
    }
}

impl<'de> Deserialize<'de> for RequestRate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RequestRate {
    fn schema_name() -> Cow<'static, str> {
        "RequestRate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*/(s|sec|second|m|min|minute|h|hour|d|day)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_back_and_nonsense_is_told() {
        for (text, shown) in [
            ("5/s", "5/second"),
            ("60/min", "60/minute"),
            ("100/hour", "100/hour"),
            ("10 / day", "10/day"),
        ] {
            let api: Api = toml::from_str(&format!("user_rate = {text:?}")).unwrap();
            assert_eq!(serde_json::to_value(&api).unwrap()["user_rate"], shown);
            assert_eq!(api.throttles().count(), 1);
        }
        for text in ["", "100", "0/hour", "-1/hour", "5/week", "many/hour", "5/hour/hour"] {
            let refused = toml::from_str::<Api>(&format!("user_rate = {text:?}")).unwrap_err();
            assert!(refused.message().contains("no rate"), "{text}: {refused}");
        }
    }
}
