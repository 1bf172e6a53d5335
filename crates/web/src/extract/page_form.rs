//! The form that a browser posted from one of our pages: like `oauth::form::Form`, but a group of checkboxes repeats its name.

use axum::body::Body;
use http::StatusCode;
use oauth::secret::Secret;
use pages::Refusal;

use super::body::{self, BodyError, Media};
use crate::respond::page_failure::PageFailure;

/// The most fields a page's form may have.
const MOST_FIELDS: usize = 200;

/// The fields in the order they were sent. Values are wiped when it is dropped.
pub(crate) struct PageForm(Vec<(String, Secret)>);

impl PageForm {
    /// Read the body of a form, at most `limit` bytes; names outside `groups` may be there once only.
    pub(crate) async fn read(
        headers: &http::HeaderMap,
        body: Body,
        limit: usize,
        groups: &[&str],
    ) -> Result<Self, PageFailure> {
        if body::media(headers) != Ok(Media::Form) {
            return Err(body_refusal(BodyError::UnsupportedMedia).into());
        }
        let bytes = body::read(body, limit).await.map_err(body_refusal)?;
        Self::parse(&bytes, groups)
    }

    fn parse(bytes: &[u8], groups: &[&str]) -> Result<Self, PageFailure> {
        let mut fields: Vec<(String, Secret)> = Vec::new();
        for field in bytes.split(|byte| *byte == b'&').filter(|field| !field.is_empty()) {
            let mut halves = field.splitn(2, |byte| *byte == b'=');
            let name = text(halves.next().unwrap_or_default())?;
            let value = Secret::new(text(halves.next().unwrap_or_default())?);
            let again = fields.iter().any(|(earlier, _)| *earlier == name);
            if again && !groups.contains(&name.as_str()) {
                return Err(malformed("The same field was sent twice.").into());
            }
            if fields.len() >= MOST_FIELDS {
                return Err(malformed("The form has more fields than this page has.").into());
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The value of a field; `""` if it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The value of a field that is sent and not empty.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|value| !value.is_empty())
    }

    /// Every value of a group.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.expose())
    }

    /// All fields, to put them back into the form that is shown again.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose())).collect()
    }
}

fn text(encoded: &[u8]) -> Result<String, PageFailure> {
    let text =
        oauth::form::decode(encoded).map_err(|_| malformed("The form is not valid UTF-8."))?;
    if text.contains('\0') {
        return Err(malformed("The form contains a NUL character.").into());
    }
    Ok(text)
}

fn malformed(what: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "malformed", "This form cannot be read")
        .because(what)
        .advise("Reload the page and send the form again.")
}

/// What a person is told whose body could not be taken.
pub(crate) fn body_refusal(error: BodyError) -> Refusal {
    match error {
        BodyError::UnsupportedMedia => Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "This is not a form",
        )
        .because("This address reads forms (application/x-www-form-urlencoded) only.")
        .advise("Open the page in a browser and send its form."),
        BodyError::TooLarge => {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This form is too large")
                .because("The form is larger than anything this page needs.")
                .advise("Shorten what you have written and send it again.")
        }
        BodyError::Truncated => malformed("The form did not arrive whole."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_groups_may_repeat() {
        let form = PageForm::parse(b"grant=a&grant=b&name=x+y&empty=", &["grant"]).unwrap();
        assert_eq!(form.all("grant").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(form.text("name"), "x y");
        assert_eq!(form.optional("empty"), None);
        assert_eq!(form.text("absent"), "");
        assert!(PageForm::parse(b"name=1&name=2", &["grant"]).is_err());
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for body in ["a=%00", "a=%ff", "%00=a"] {
            assert!(PageForm::parse(body.as_bytes(), &[]).is_err(), "{body}");
        }
        let many = "a=&".repeat(MOST_FIELDS + 1);
        assert!(PageForm::parse(many.as_bytes(), &["a"]).is_err());
    }
}
