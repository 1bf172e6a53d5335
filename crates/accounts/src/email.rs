//! E-mail addresses, read conservatively: what mail systems deliver everywhere, and nothing that looks like it.

use std::fmt;

/// The longest address in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const MAX_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;
const MAX_LABEL_BYTES: usize = 63;

/// An address of the form `local@domain` in ASCII.
///
/// Non-ASCII addresses are refused: a look-alike of somebody's address must never receive their mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Email {
    text: String,
    key: String,
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EmailError {
    /// Nothing there.
    #[error("Enter an e-mail address.")]
    Empty,
    /// More than 254 bytes, or more than 64 before the `@`.
    #[error("This e-mail address is too long: at most 64 characters before the @, 254 in all.")]
    TooLong,
    /// A character outside ASCII.
    #[error(
        "Use an address in plain ASCII characters; write an international domain in its `xn--` form."
    )]
    NotAscii,
    /// Anything else that is wrong with it.
    #[error("Enter an address such as name@example.org.")]
    Malformed,
}

impl EmailError {
    /// The stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLong => "too_long",
            Self::NotAscii | Self::Malformed => "invalid",
        }
    }
}

impl Email {
    /// Reads an address: dot-atom local part (RFC 5322 §3.2.3), host name as domain with at least one dot, or
    /// `localhost`. Quoted local parts, comments and address literals are refused.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        if !text.is_ascii() {
            return Err(EmailError::NotAscii);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::Malformed)?;
        if local.len() > MAX_LOCAL_BYTES {
            return Err(EmailError::TooLong);
        }
        if !is_dot_atom(local) || !is_domain(domain) {
            return Err(EmailError::Malformed);
        }
        let text = format!("{local}@{}", domain.to_ascii_lowercase());
        let key = text.to_ascii_lowercase();
        Ok(Self { text, key })
    }

    /// The address to send mail to: the local part as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address as compared: all in lower case. A system that tells `Jane@` from `jane@` is not known to
    /// exist; two accounts for the two would only confuse.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.text.split_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
    })
}

fn is_domain(domain: &str) -> bool {
    let dotted = domain.contains('.') || domain.eq_ignore_ascii_case("localhost");
    // A last label of digits alone would make an IPv4 address or something like one.
    let named =
        domain.rsplit('.').next().is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
    dotted && named && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_addresses_keep_their_local_part_and_fold_their_key() {
        for (given, text, key) in [
            ("jane@example.org", "jane@example.org", "jane@example.org"),
            ("Jane.Doe+tag@Example.ORG", "Jane.Doe+tag@example.org", "jane.doe+tag@example.org"),
            ("o'brien@sub.example.co.uk", "o'brien@sub.example.co.uk", "o'brien@sub.example.co.uk"),
            ("root@localhost", "root@localhost", "root@localhost"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ] {
            let email = Email::parse(given).unwrap();
            assert_eq!((email.as_str(), email.key()), (text, key));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long_label = format!("a@{}.org", "a".repeat(64));
        let long = format!("a@{}.org", "a.".repeat(150));
        for (given, expected) in [
            ("", EmailError::Empty),
            ("jane", EmailError::Malformed),
            ("@example.org", EmailError::Malformed),
            ("jane@", EmailError::Malformed),
            ("jane@example", EmailError::Malformed),
            ("jane@@example.org", EmailError::Malformed),
            ("jane@evil.org@example.org", EmailError::Malformed),
            (".jane@example.org", EmailError::Malformed),
            ("ja..ne@example.org", EmailError::Malformed),
            ("jane@.example.org", EmailError::Malformed),
            ("jane@example.org.", EmailError::Malformed),
            ("jane@-example.org", EmailError::Malformed),
            ("jane@exa_mple.org", EmailError::Malformed),
            ("jane@127.0.0.1", EmailError::Malformed),
            ("jane@[127.0.0.1]", EmailError::Malformed),
            ("\"jane\"@example.org", EmailError::Malformed),
            ("jane doe@example.org", EmailError::Malformed),
            (" jane@example.org", EmailError::Malformed),
            ("jane@example.org\r\nBcc: a@b.org", EmailError::Malformed),
            ("jane\0@example.org", EmailError::Malformed),
            ("<jane@example.org>", EmailError::Malformed),
            ("jane＠example.org", EmailError::NotAscii),
            ("mıke@example.org", EmailError::NotAscii),
            ("jane@bücher.example", EmailError::NotAscii),
            (&long_local, EmailError::TooLong),
            (&long_label, EmailError::Malformed),
            (&long, EmailError::TooLong),
        ] {
            assert_eq!(Email::parse(given), Err(expected), "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in "\\PC{0,80}|[a-zA-Z0-9.+-]{1,20}@[a-zA-Z0-9.-]{1,30}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email.clone());
                let folded = Email::parse(email.key()).unwrap();
                prop_assert_eq!(folded.key(), email.key());
                prop_assert!(email.as_str().bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }
}
