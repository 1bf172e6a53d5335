//! Profiles: one setting that turns many switches, each of which may still be set by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Settings, Span};

/// For whom the server is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// OAuth 2.1 and RFC 9700: nothing is loosened.
    #[default]
    OAuth21,
    /// The authorization server of the Model Context Protocol: clients name themselves by documents.
    Mcp,
    /// What old clients of Django OAuth Toolkit need: implicit grants, plain PKCE, passwords, its issuer.
    Legacy,
    /// For tests on this machine: everything is open and nothing lasts.
    Testing,
}

impl Profile {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OAuth21 => "oauth21",
            Self::Mcp => "mcp",
            Self::Legacy => "legacy",
            Self::Testing => "testing",
        }
    }

    /// The settings with the switches of this profile: what is set by itself is laid over them.
    pub(crate) fn over(self, mut settings: Settings) -> Settings {
        settings.oauth.profile = self;
        let oauth = &mut settings.oauth;
        match self {
            Self::OAuth21 => {}
            Self::Mcp => oauth.allow_client_id_documents = true,
            Self::Legacy => {
                oauth.allow_password_grant = true;
                oauth.allow_plain_pkce = true;
                oauth.allow_implicit = true;
            }
            Self::Testing => {
                oauth.allow_password_grant = true;
                oauth.allow_open_client_registration = true;
                oauth.allow_client_id_documents = true;
                oauth.client_registrations_per_address = 100_000;
                oauth.access_token_lifetime = Span::seconds(60);
                oauth.id_token_lifetime = Span::seconds(60);
                oauth.refresh_idle = Span::seconds(600);
                oauth.device_code_lifetime = Span::seconds(60);
            }
        }
        settings
    }
}

/// What a loosened setting deviates from, by its section.
pub(crate) fn deviates_from(name: &str) -> Option<&'static str> {
    Some(match name {
        "oauth.allow_password_grant" => "RFC 9700 §2.4, OAuth 2.1 §1.3",
        "oauth.allow_plain_pkce" => "RFC 9700 §2.1.1, OAuth 2.1 §4.1.1",
        "oauth.allow_implicit" => "RFC 9700 §2.1.2, OAuth 2.1 §1.3",
        "oauth.allow_open_client_registration" => "RFC 7591 §5",
        "oauth.allow_client_id_documents" => "Client ID Metadata Document §6",
        "oauth.allow_http_issuer" => "RFC 8414 §2, RFC 9700 §2.6",
        "server.allow_any_host" => "RFC 9110 §7.2",
        "accounts.allow_common_passwords" | "accounts.allow_similar_passwords" => {
            "NIST SP 800-63B-4 §3.1.1.2"
        }
        "fetch.allow_http" => "RFC 9700 §2.6",
        "fetch.allow_private_networks" => "RFC 7591 §5, Client ID Metadata Document §6.5",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every profile but the default one says what it loosens, and each has its section.
    #[test]
    fn what_a_profile_loosens_is_named_with_its_section() {
        let loosened = |profile: Profile| {
            let mut names = profile.over(Settings::default()).loosened();
            names.sort();
            names
        };
        assert!(loosened(Profile::OAuth21).is_empty());
        assert_eq!(loosened(Profile::Mcp), ["oauth.allow_client_id_documents"]);
        assert_eq!(
            loosened(Profile::Legacy),
            ["oauth.allow_implicit", "oauth.allow_password_grant", "oauth.allow_plain_pkce"]
        );
        for profile in [Profile::Mcp, Profile::Legacy, Profile::Testing] {
            for name in loosened(profile) {
                assert!(deviates_from(&name).is_some(), "{name}");
            }
            assert_eq!(serde_json::to_value(profile).unwrap(), profile.as_str());
        }
    }

    /// Whatever is called `allow_…` has a section, so that a new switch cannot be forgotten.
    #[test]
    fn every_switch_that_loosens_has_its_section() {
        let tree = serde_json::to_value(Settings::default()).unwrap();
        for (section, fields) in tree.as_object().unwrap() {
            for key in fields.as_object().unwrap().keys().filter(|key| key.starts_with("allow_")) {
                let name = format!("{section}.{key}");
                assert!(deviates_from(&name).is_some(), "{name}");
            }
        }
    }
}
