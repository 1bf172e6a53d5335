//! Where our pages are: the prefixes that a project may choose, and every address made from them.

/// The prefixes; each starts with a slash and does not end with one.
///
/// The protocol endpoints are not here: their paths are in `oauth::policy::Capabilities`, so that what is served and what
/// is advertised cannot differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    /// The first-party API: `/authentication`.
    pub authentication: String,
    /// The pages about applications: `/o`.
    pub provider: String,
    /// The pages about one's own account: `/accounts`.
    pub accounts: String,
    /// The page that makes the first administrator: `/setup`.
    pub setup: String,
    /// The front page; nothing when the project serves its own.
    pub home: Option<String>,
}

impl Default for Urls {
    fn default() -> Self {
        Self {
            authentication: "/authentication".to_owned(),
            provider: "/o".to_owned(),
            accounts: "/accounts".to_owned(),
            setup: "/setup".to_owned(),
            home: Some("/".to_owned()),
        }
    }
}

impl Urls {
    /// The first-party registration.
    pub fn register(&self) -> String {
        format!("{}/register/", self.authentication)
    }

    /// The first-party sign-in.
    pub fn token(&self) -> String {
        format!("{}/token/", self.authentication)
    }

    /// The first-party refresh.
    pub fn refresh(&self) -> String {
        format!("{}/token/refresh/", self.authentication)
    }

    /// The first-party sign-out.
    pub fn revoke(&self) -> String {
        format!("{}/token/revoke/", self.authentication)
    }

    /// The list of applications.
    pub fn applications(&self) -> String {
        format!("{}/applications/", self.provider)
    }

    /// The form for a new application.
    pub fn new_application(&self) -> String {
        format!("{}/applications/register/", self.provider)
    }

    /// One application, or one of its pages: `""`, `update/`, `secret/`, `delete/`.
    pub fn application(&self, id: impl std::fmt::Display, page: &str) -> String {
        format!("{}/applications/{id}/{page}", self.provider)
    }

    /// The sign-in page.
    pub fn sign_in(&self) -> String {
        format!("{}/login/", self.accounts)
    }

    /// The sign-in page that leads back to `next` afterwards.
    pub fn sign_in_then(&self, next: &str) -> String {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        format!("{}?next={next}", self.sign_in())
    }

    /// The sign-in page that leads back to `next`, with the name filled in that an application has hinted at; `again` asks
    /// somebody who is signed in too.
    pub fn sign_in_for(&self, next: &str, hint: Option<&str>, again: bool) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("next", next);
        if let Some(hint) = hint {
            query.append_pair("login_hint", hint);
        }
        if again {
            query.append_pair("again", "1");
        }
        format!("{}?{}", self.sign_in(), query.finish())
    }

    /// The page where somebody makes an account.
    pub fn sign_up(&self) -> String {
        format!("{}/register/", self.accounts)
    }

    /// The same, leading on to `next` afterwards, with the name filled in that an application has hinted at.
    pub fn sign_up_for(&self, next: Option<&str>, hint: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(next.map(|next| ("next", next)));
        query.extend_pairs(hint.map(|hint| ("login_hint", hint)));
        let query = query.finish();
        if query.is_empty() { self.sign_up() } else { format!("{}?{query}", self.sign_up()) }
    }

    /// The page where somebody chooses between the account that is signed in and another one.
    pub fn choose_account(&self, next: &str) -> String {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        format!("{}?next={next}", self.choose())
    }

    /// The same page without a place to go on to.
    pub fn choose(&self) -> String {
        format!("{}/choose/", self.accounts)
    }

    /// The applications that a person has let in.
    pub fn authorized(&self) -> String {
        format!("{}/authorized_tokens/", self.provider)
    }

    /// The page that asks before one of them is shut out again.
    pub fn withdraw(&self, id: impl std::fmt::Display) -> String {
        format!("{}/authorized_tokens/{id}/delete/", self.provider)
    }

    /// The list of error codes.
    pub fn errors(&self) -> String {
        format!("{}/errors/", self.provider)
    }

    /// What one error code means (`error_uri`, RFC 6749 §5.2).
    pub fn error(&self, code: &str) -> String {
        format!("{}/errors/{code}/", self.provider)
    }

    /// The page where a person types the code of a device (`verification_uri`, RFC 8628 §3.2).
    pub fn device(&self) -> String {
        format!("{}/device/", self.provider)
    }

    /// The page that asks whether the device may.
    pub fn confirm_device(&self) -> String {
        format!("{}/device/confirm/", self.provider)
    }

    /// Where the sign-out form is posted.
    pub fn sign_out(&self) -> String {
        format!("{}/logout/", self.accounts)
    }

    /// Where the form that signs out everywhere is posted.
    pub fn sign_out_everywhere(&self) -> String {
        format!("{}/logout/everywhere/", self.accounts)
    }

    /// One's own account.
    pub fn profile(&self) -> String {
        format!("{}/profile/", self.accounts)
    }

    /// Where the form about oneself is.
    pub fn edit_profile(&self) -> String {
        format!("{}/profile/edit/", self.accounts)
    }

    /// Where the form for another e-mail address is.
    pub fn change_email(&self) -> String {
        format!("{}/email_change/", self.accounts)
    }

    /// Where the form for a new password is.
    pub fn change_password(&self) -> String {
        format!("{}/password_change/", self.accounts)
    }

    /// The front page, or one's account where there is none.
    pub fn front(&self) -> String {
        self.home.clone().unwrap_or_else(|| self.profile())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_addresses_of_the_guide() {
        let urls = Urls::default();
        assert_eq!(urls.register(), "/authentication/register/");
        assert_eq!(urls.refresh(), "/authentication/token/refresh/");
        assert_eq!(urls.application(7, "delete/"), "/o/applications/7/delete/");
    }

    #[test]
    fn next_is_encoded_whole() {
        assert_eq!(
            Urls::default().sign_in_then("/v1/?a=b&c=d#e"),
            "/accounts/login/?next=%2Fv1%2F%3Fa%3Db%26c%3Dd%23e"
        );
    }
}
