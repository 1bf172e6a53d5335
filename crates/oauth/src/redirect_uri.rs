//! Where a browser may be sent back to: registration rules and matching (RFC 6749 §3.1.2,
//! RFC 8252 §7, RFC 9700 §2.1).

use crate::error::Malformed;
use std::fmt;
use std::str::FromStr;
use url::Url;

/// A redirect URI that may be registered.
///
/// `https`, `http` on this machine, or a private-use scheme with a dot; in its plain form, so that
/// what is compared later byte by byte is also what every browser understands by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The longest one, in bytes.
    pub const MAX_BYTES: usize = 2048;

    /// Read and check one for registration; the error says what to write instead.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        check_characters(text)?;
        let (scheme, rest) = text.split_once(':').ok_or(NO_SCHEME)?;
        match scheme {
            "https" => check_web(text)?,
            "http" if is_this_machine(rest) => check_web(text)?,
            "http" => return Err(PLAIN_HTTP),
            _ => check_private_use(scheme, rest, text)?,
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether a request may use `presented` for this registered one: the same bytes, except that
    /// the port of a loopback address is free (RFC 8252 §7.3). `localhost` is a name, not an
    /// address, and has no such freedom.
    pub fn matches(&self, presented: &str) -> bool {
        if self.0 == presented {
            return true;
        }
        match (split_loopback(&self.0), split_loopback(presented)) {
            (Some(registered), Some(presented)) => registered == presented,
            _ => false,
        }
    }

    /// Whether it leads to an app on the person's own device: a loopback address, `localhost` under `http`, or a scheme of
    /// the app's own (RFC 8252 §7).
    pub fn is_of_native_app(&self) -> bool {
        !self.0.starts_with("https:")
    }

    /// Its origin (RFC 6454 §4), if it is an address of the web.
    pub(crate) fn origin(&self) -> Option<&str> {
        let (scheme, rest) = self.0.split_once("://")?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let length = scheme.len() + "://".len() + authority.len();
        matches!(scheme, "http" | "https").then(|| self.0.get(..length)).flatten()
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_characters(text: &str) -> Result<(), Malformed> {
    if text.is_empty() || text.len() > RedirectUri::MAX_BYTES {
        return Err(Malformed("a redirect URI has 1 to 2048 characters"));
    }
    if text.contains('#') {
        return Err(Malformed("a redirect URI has no fragment: leave out the # and what follows"));
    }
    if text.contains('*') {
        return Err(Malformed(
            "a redirect URI has no wildcard: register each address in full, one per line",
        ));
    }
    let in_uri = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()+,;=%".contains(&b);
    if !text.bytes().all(in_uri) {
        return Err(Malformed(
            "a redirect URI has only the characters of RFC 3986: no spaces, no control characters, \
             no letters outside ASCII; percent-encode them",
        ));
    }
    Ok(())
}

/// The rules for `http` and `https`.
fn check_web(text: &str) -> Result<(), Malformed> {
    let plain = Malformed(
        "write the redirect URI in its plain form: scheme://host/path with the host in lower case, \
         no user name, no default port, no . or .. in the path",
    );
    let url = Url::parse(text).map_err(|_| plain)?;
    if text.contains('@') && (!url.username().is_empty() || text_authority(text).contains('@')) {
        return Err(Malformed("a redirect URI has no user name or password before its host"));
    }
    // What a browser makes of it must be what was written; only the slash after a bare host may
    // be missing.
    let as_written = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    let host = url.host_str().unwrap_or_default();
    if !as_written || host.is_empty() || host.ends_with('.') {
        return Err(plain);
    }
    check_path(url.path())
}

/// The part between `//` and the next `/` or `?`.
fn text_authority(text: &str) -> &str {
    let after = text.split_once("//").map_or("", |(_, rest)| rest);
    after.split(['/', '?']).next().unwrap_or_default()
}

/// Refuses paths that some server behind the client may read as another path.
fn check_path(path: &str) -> Result<(), Malformed> {
    const TRICKS: [&str; 8] = ["%2e", "%2f", "%5c", "%252e", "%252f", "%255c", "%0", "%1"];
    let lower = path.to_ascii_lowercase();
    let dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    if TRICKS.iter().any(|trick| lower.contains(trick)) || path.split('/').any(dots) {
        return Err(Malformed(
            "the path of a redirect URI has no dot segments and no encoded dots, slashes or \
             control characters",
        ));
    }
    Ok(())
}

/// The rules for the scheme of an app on a device (RFC 8252 §7.1).
fn check_private_use(scheme: &str, rest: &str, text: &str) -> Result<(), Malformed> {
    if !is_scheme(scheme) {
        return Err(NO_SCHEME);
    }
    let lower = scheme.to_ascii_lowercase();
    if matches!(lower.as_str(), "javascript" | "data" | "vbscript" | "blob" | "file" | "about") {
        return Err(Malformed(
            "a redirect URI of this scheme would run or read something in the browser",
        ));
    }
    if lower != scheme {
        return Err(Malformed("write the scheme of a redirect URI in lower case"));
    }
    if !scheme.contains('.') {
        return Err(Malformed(
            "a redirect URI starts with https://, or for an app on a device with a scheme made of \
             a domain name in reverse, such as com.example.app:/callback",
        ));
    }
    if !rest.starts_with('/') || text_authority(text).contains('@') || Url::parse(text).is_err() {
        return Err(Malformed(
            "after the scheme of an app write a path, as in com.example.app:/cb",
        ));
    }
    check_path(rest.split('?').next().unwrap_or_default())
}

/// `scheme` of RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Whether what follows `http:` names a loopback address or `localhost`.
fn is_this_machine(rest: &str) -> bool {
    ["//127.0.0.1", "//[::1]", "//localhost"].iter().any(|host| {
        rest.strip_prefix(host)
            .is_some_and(|after| after.is_empty() || after.starts_with([':', '/', '?']))
    })
}

/// A loopback URI without its port: what comes before and what comes after. Only a comparison
/// with a registered one makes sense of it: there, nothing but a path or a query comes after.
fn split_loopback(text: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|h| text.starts_with(h))?;
    let rest = text.strip_prefix(host)?;
    let after = match rest.strip_prefix(':') {
        Some(with_port) => {
            let digits = with_port.bytes().take_while(u8::is_ascii_digit).count();
            let (port, after) = with_port.split_at_checked(digits)?;
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            after
        }
        None => rest,
    };
    Some((host, after))
}

/// An origin as it is looked up: without its port on a loopback address, where the port is free (RFC 8252 §7.3).
pub fn origin_key(origin: &str) -> &str {
    match split_loopback(origin) {
        Some((host, "")) => host,
        _ => origin,
    }
}

const NO_SCHEME: Malformed =
    Malformed("a redirect URI is absolute: it starts with a scheme, such as https://");
const PLAIN_HTTP: Malformed = Malformed(
    "a redirect URI uses https; plain http is for 127.0.0.1, [::1] and localhost, where the code \
     does not leave the machine",
);

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RedirectUri {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

/// The host of a redirect URI, with its port, or the scheme of an app on the device.
pub fn host_of(uri: &str) -> &str {
    match uri.split_once("://") {
        Some(("http" | "https", rest)) => rest.split(['/', '?']).next().unwrap_or(rest),
        _ => uri.split(':').next().unwrap_or(uri),
    }
}

/// The same as a source of a page's content security policy: scheme, host and port, or the scheme of an app.
pub fn source_of(uri: &str) -> String {
    match uri.split_once("://") {
        Some((scheme @ ("http" | "https"), _)) => format!("{scheme}://{}", host_of(uri)),
        _ => format!("{}:", host_of(uri)),
    }
}

/// An address with more in its query; what it has there stays as it is (RFC 6749 §3.1.2).
pub fn with_query<N: AsRef<str>, V: AsRef<str>>(uri: &str, pairs: &[(N, V)]) -> String {
    let mut more = url::form_urlencoded::Serializer::new(String::new());
    let more = more.extend_pairs(pairs).finish();
    let separator = match uri {
        _ if !uri.contains('?') => "?",
        _ if uri.ends_with(['?', '&']) => "",
        _ => "&",
    };
    format!("{uri}{separator}{more}")
}

#[cfg(test)]
mod tests;
