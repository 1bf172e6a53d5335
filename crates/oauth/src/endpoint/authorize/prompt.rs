//! What a client wants a person to be asked again (`prompt`, OIDC Core §3.1.2.1, Initiating User Registration §2).

use crate::error::{ErrorCode, OAuthError};

/// The wishes of one request. Words that are not known are ignored, as new ones are registered now and then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of the parameter, and any may stand beside another"
)]
pub struct Prompt {
    /// Ask nothing: answer at once or with an error. It stands alone.
    pub none: bool,
    /// Have the person prove again who they are.
    pub login: bool,
    /// Ask again whether the client may.
    pub consent: bool,
    /// Let the person choose the account.
    pub select_account: bool,
    /// Offer to make an account.
    pub create: bool,
}

impl Prompt {
    /// The words that are understood, for the metadata.
    pub const WORDS: [&str; 5] = ["none", "login", "consent", "select_account", "create"];

    /// Read the words; `none` beside another is `invalid_request`.
    pub fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        let mut prompt = Self::default();
        for word in text.unwrap_or_default().split(' ') {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                "create" => prompt.create = true,
                _ => {}
            }
        }
        let others = prompt.login || prompt.consent || prompt.select_account || prompt.create;
        if prompt.none && others { Err(NOT_ALONE) } else { Ok(prompt) }
    }
}

const NOT_ALONE: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "prompt=none asks that nothing be asked, so no other word may stand beside it",
);

#[cfg(test)]
mod tests {
    use super::*;

    /// ROIDC-3.1.2.1-d
    #[test]
    fn none_stands_alone_and_unknown_words_are_ignored() {
        assert!(Prompt::parse(Some("none")).unwrap().none);
        for text in ["none login", "consent none", "select_account none", "none create"] {
            assert!(Prompt::parse(Some(text)).is_err(), "{text}");
        }
        let several = Prompt::parse(Some("login consent dance")).unwrap();
        assert!(several.login && several.consent && !several.create);
        assert_eq!(Prompt::parse(None).unwrap(), Prompt::default());
        for word in Prompt::WORDS {
            assert_ne!(Prompt::parse(Some(word)).unwrap(), Prompt::default(), "{word}");
        }
    }
}
