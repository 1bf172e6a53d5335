//! Messages that survive one redirect ("Application saved"), in a signed cookie that only this server can write.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq;

use crate::cookie::{BadCookie, CookieKind};
use crate::keyed;
use crate::page::Message;

/// The cookie's name (with `__Host-` before it on https).
pub const COOKIE: &str = "grantwell_flash";

/// Long enough for a slow redirect, short enough that a message does not turn up out of place.
const LIFETIME: Duration = Duration::from_mins(1);

/// Writes and reads the messages. Never put a secret in one: the cookie is signed, not encrypted.
#[derive(Clone)]
pub struct Flash {
    key: [u8; 32],
    kind: CookieKind,
}

impl std::fmt::Debug for Flash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flash").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Flash {
    /// Signs under `key`; the key of [`crate::Csrf`] may be used, since the labels differ.
    pub fn new(key: [u8; 32], kind: CookieKind) -> Self {
        Self { key, kind }
    }

    /// The `Set-Cookie` value that carries `messages` to the next page. Fails when they are longer than a cookie.
    pub fn set(&self, messages: &[Message]) -> Result<HeaderValue, BadCookie> {
        let json = serde_json::to_vec(messages).map_err(|_| BadCookie::Value)?;
        let mac = URL_SAFE_NO_PAD.encode(self.mac(&json));
        let value = format!("{}.{mac}", URL_SAFE_NO_PAD.encode(json));
        self.kind.set(COOKIE, &value, Some(LIFETIME))
    }

    /// The messages that came with the request, and the `Set-Cookie` value that removes them once they are shown.
    pub fn take(&self, headers: &HeaderMap) -> (Vec<Message>, Option<HeaderValue>) {
        let Some(value) = self.kind.read(headers, COOKIE) else { return (Vec::new(), None) };
        (self.open(value).unwrap_or_default(), self.kind.clear(COOKIE).ok())
    }

    fn open(&self, value: &str) -> Option<Vec<Message>> {
        let (json, mac) = value.split_once('.')?;
        let json = URL_SAFE_NO_PAD.decode(json).ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        let right = bool::from(mac.as_slice().ct_eq(&self.mac(&json)));
        if right { serde_json::from_slice(&json).ok() } else { None }
    }

    fn mac(&self, json: &[u8]) -> [u8; 32] {
        keyed::digest(&self.key, "grantwell flash v1", json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(set: &HeaderValue) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        headers.insert("cookie", pair.parse().unwrap());
        headers
    }

    #[test]
    fn messages_come_back_once() {
        let flash = Flash::new([1; 32], CookieKind::Plain);
        let messages = [Message::success("Application “Café” saved")];
        let (read, clear) = flash.take(&back(&flash.set(&messages).unwrap()));
        assert_eq!(read, messages);
        assert!(clear.unwrap().to_str().unwrap().contains("Max-Age=0"));
        assert_eq!(flash.take(&HeaderMap::new()), (Vec::new(), None));
    }

    #[test]
    fn a_message_that_we_did_not_sign_is_not_shown() {
        let ours = Flash::new([1; 32], CookieKind::Plain);
        let theirs = Flash::new([2; 32], CookieKind::Plain);
        let forged = back(&theirs.set(&[Message::danger("Call this number")]).unwrap());
        let (read, clear) = ours.take(&forged);
        assert!(read.is_empty());
        assert!(clear.is_some());
    }

    #[test]
    fn too_much_text_is_refused() {
        let flash = Flash::new([1; 32], CookieKind::Plain);
        assert_eq!(flash.set(&[Message::info("x".repeat(4000))]), Err(BadCookie::TooLong));
    }
}
