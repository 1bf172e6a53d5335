//! Answers compressed by gzip or brotli, where that tells nobody anything.
//!
//! The length of a compressed answer tells how much of it repeats. Who sees the lengths of encrypted answers, and can have a
//! browser send requests of their choice whose text stands in the answer, finds out a secret beside it letter by letter (BREACH).
//! So these go out as they are:
//!
//! - what may not be stored: tokens, secrets that are shown once, and every page with a form, though its token is masked anew
//!   for each answer;
//! - what sets a cookie;
//! - answers to requests with a cookie, unless they are the same for everybody (`public`). A browser adds a cookie to requests
//!   that somebody else made it send; it adds no access token.
//!
//! Another coding is another representation, with an entity tag of its own (RFC 9110 §8.8.3.3): `"abc"` becomes `"abc+br"`. Where
//! it comes back in `If-Match` or `If-None-Match`, it means the state that it was made from.

use std::convert::Infallible;
use std::future::ready;

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, COOKIE, ETAG,
    IF_MATCH, IF_NONE_MATCH, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use tower::{ServiceExt as _, service_fn};
use tower_http::compression::Compression;

/// Bytes below which compressing costs more than it saves: what fits into one packet anyway.
const SMALLEST: u64 = 1024;

/// What comes before the last quotation mark of the tag of a compressed answer. No tag of ours has a `+` in it.
const SUFFIXES: [&str; 2] = ["+br\"", "+gzip\""];

/// What a request said about codings.
pub(super) struct Asked {
    accepted: Option<HeaderValue>,
    has_cookie: bool,
    is_head: bool,
    known: Vec<HeaderValue>,
}

impl Asked {
    /// Reads the headers, and gives the tags in them the form in which everything behind knows them.
    pub(super) fn of(method: &Method, headers: &mut HeaderMap) -> Self {
        let known = headers.get_all(IF_NONE_MATCH).iter().filter(|tags| is_coded(tags)).cloned();
        let asked = Self {
            accepted: headers.get(ACCEPT_ENCODING).cloned(),
            has_cookie: headers.contains_key(COOKIE),
            is_head: method == Method::HEAD,
            known: known.collect(),
        };
        for name in [IF_MATCH, IF_NONE_MATCH] {
            plain_tags(headers, &name);
        }
        asked
    }

    /// The answer as it goes out.
    pub(super) async fn answer(self, mut response: Response) -> Response {
        if response.status() == StatusCode::NOT_MODIFIED {
            self.name_what_is_known(response.headers_mut());
            return response;
        }
        if self.is_head || !is_worth_it(&response) || !self.tells_nothing(response.headers()) {
            return response;
        }
        vary(response.headers_mut());
        let Some(accepted) = self.accepted else { return response };
        let mut response = compressed(response, accepted).await;
        tag_of_its_own(response.headers_mut());
        response
    }

    /// 304 is about the representation that the caller has.
    fn name_what_is_known(&self, headers: &mut HeaderMap) {
        let Some(tag) = headers.get(ETAG).and_then(|tag| tag.to_str().ok()) else { return };
        let bare = tag.strip_suffix('"').unwrap_or(tag);
        let coded = SUFFIXES.iter().map(|suffix| format!("{bare}{suffix}"));
        let has = |tag: &String| {
            self.known.iter().any(|known| known.to_str().is_ok_and(|known| known.contains(tag)))
        };
        if let Some(Ok(tag)) = coded.into_iter().find(has).map(HeaderValue::try_from) {
            headers.insert(ETAG, tag);
            vary(headers);
        }
    }

    /// Whether the length of the compressed answer is nobody's gain.
    fn tells_nothing(&self, headers: &HeaderMap) -> bool {
        let says = |directive: &str| {
            headers.get_all(CACHE_CONTROL).iter().any(|value| {
                let mut words = value.to_str().unwrap_or_default().split(',').map(str::trim);
                words.any(|word| word.eq_ignore_ascii_case(directive))
            })
        };
        !says("no-store")
            && !says("no-transform")
            && !headers.contains_key(SET_COOKIE)
            && (!self.has_cookie || says("public"))
    }
}

/// Whether it is text, long enough, whole and not compressed yet.
fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let is_text = essence.starts_with("text/")
        || matches!(
            essence,
            "application/javascript"
                | "application/x-ndjson"
                | "application/yaml"
                | "image/svg+xml"
        )
        || essence == "application/json"
        || essence.ends_with("+json");
    // Of a body that is read while it is sent nobody knows the length.
    let long = response.body().size_hint().exact().is_none_or(|bytes| bytes >= SMALLEST);
    is_text
        && long
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        && !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT)
}

/// The same answer in the coding that the caller likes best; in the one that it has if it likes no other.
async fn compressed(response: Response, accepted: HeaderValue) -> Response {
    let mut given = Some(response);
    let answer = service_fn(move |_: Request<()>| {
        ready(Ok::<_, Infallible>(given.take().unwrap_or_default()))
    });
    let mut request = Request::new(());
    request.headers_mut().insert(ACCEPT_ENCODING, accepted);
    let always = |_: StatusCode, _: http::Version, _: &HeaderMap, _: &http::Extensions| true;
    let compression = Compression::new(answer).compress_when(always);
    let Ok(response) = compression.oneshot(request).await;
    response.map(Body::new)
}

/// Gives a compressed answer a tag of its own. A weak one speaks of all codings as it is.
fn tag_of_its_own(headers: &mut HeaderMap) {
    let coding = headers.get(CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    if let (Some(coding), Some(tag)) = (coding, tag)
        && let Some(bare) = tag.strip_suffix('"').filter(|_| !tag.starts_with("W/"))
        && let Ok(own) = HeaderValue::from_str(&format!("{bare}+{coding}\""))
    {
        headers.insert(ETAG, own);
    }
}

fn is_coded(tags: &HeaderValue) -> bool {
    tags.to_str().is_ok_and(|tags| SUFFIXES.iter().any(|suffix| tags.contains(suffix)))
}

fn plain_tags(headers: &mut HeaderMap, name: &HeaderName) {
    if !headers.get_all(name).iter().any(is_coded) {
        return;
    }
    let plain = |tags: &HeaderValue| {
        let text = tags.to_str().unwrap_or_default();
        let text = SUFFIXES.iter().fold(text.to_owned(), |text, suffix| text.replace(suffix, "\""));
        HeaderValue::try_from(text).unwrap_or_else(|_| tags.clone())
    };
    let tags: Vec<HeaderValue> = headers.get_all(name).iter().map(plain).collect();
    headers.remove(name);
    for tags in tags {
        headers.append(name, tags);
    }
}

fn vary(headers: &mut HeaderMap) {
    let names = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        text.split(',').any(|name| name.trim().eq_ignore_ascii_case("accept-encoding"))
    };
    if !headers.get_all(VARY).iter().any(names) {
        headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn response(headers: &[(&'static str, &'static str)], bytes: usize) -> Response {
        let mut response = Response::new(Body::from("a".repeat(bytes)));
        for (name, value) in headers {
            response
                .headers_mut()
                .append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        response
    }

    async fn coding(asked: &[(&'static str, &'static str)], response: Response) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in asked {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let answer = Asked::of(&Method::GET, &mut headers).answer(response).await;
        let coding = answer.headers().get(CONTENT_ENCODING);
        let coding = coding.map_or("", |coding| coding.to_str().unwrap()).to_owned();
        let length = answer.into_body().collect().await.unwrap().to_bytes().len();
        assert_eq!(coding.is_empty(), length > 1000 || length == 0, "{coding} {length}");
        coding
    }

    const JSON: (&str, &str) = ("content-type", "application/json");
    const BOTH: (&str, &str) = ("accept-encoding", "gzip, br");

    #[tokio::test]
    async fn what_could_tell_a_secret_goes_out_as_it_is() {
        let private = ("cache-control", "private, no-cache");
        for (asked, headers, expected) in [
            (&[BOTH][..], &[JSON][..], "br"),
            (&[BOTH], &[JSON, private], "br"),
            (&[BOTH], &[JSON, ("cache-control", "no-store")], ""),
            (&[BOTH], &[JSON, private, ("cache-control", "x, No-Store")], ""),
            (&[BOTH], &[JSON, ("cache-control", "no-transform")], ""),
            (&[BOTH], &[JSON, ("set-cookie", "a=b")], ""),
            (&[BOTH, ("cookie", "a=b")], &[JSON, private], ""),
            (&[BOTH, ("cookie", "a=b")], &[JSON, ("cache-control", "public, max-age=1")], "br"),
            (&[BOTH, ("authorization", "Bearer x")], &[JSON, private], "br"),
            (&[BOTH], &[("content-type", "image/png")], ""),
            (&[BOTH], &[("content-type", "text/csv; charset=utf-8")], "br"),
            (&[BOTH], &[("content-type", "application/problem+json")], "br"),
            (&[("accept-encoding", "gzip, br;q=0")], &[JSON], "gzip"),
            (&[("accept-encoding", "identity")], &[JSON], ""),
            (&[("accept-encoding", "zstd")], &[JSON], ""),
            (&[], &[JSON], ""),
        ] {
            assert_eq!(
                coding(asked, response(headers, 5000)).await,
                expected,
                "{asked:?} {headers:?}"
            );
        }
        assert_eq!(coding(&[BOTH], response(&[JSON], 1023)).await, "");
        assert_eq!(coding(&[BOTH], response(&[JSON], 1024)).await, "br");
    }

    #[tokio::test]
    async fn another_coding_has_another_tag_and_means_the_same_state() {
        let tagged = || response(&[JSON, ("etag", "\"a-b\"")], 5000);
        for (accept, tag) in
            [("br", "\"a-b+br\""), ("gzip", "\"a-b+gzip\""), ("identity", "\"a-b\"")]
        {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accept));
            headers.insert(IF_MATCH, HeaderValue::try_from(format!("\"x\", {tag}")).unwrap());
            headers.insert(IF_NONE_MATCH, HeaderValue::try_from(tag).unwrap());
            let asked = Asked::of(&Method::GET, &mut headers);
            assert_eq!(headers[IF_MATCH], "\"x\", \"a-b\"");
            assert_eq!(headers[IF_NONE_MATCH], "\"a-b\"");
            let answer = asked.answer(tagged()).await;
            assert_eq!(answer.headers()[ETAG], tag);
            assert_eq!(answer.headers()[VARY], "Accept-Encoding");
            headers.insert(IF_NONE_MATCH, HeaderValue::try_from(tag).unwrap());
            let mut unchanged = response(&[("etag", "\"a-b\"")], 0);
            *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
            let answer = Asked::of(&Method::GET, &mut headers).answer(unchanged).await;
            assert_eq!(answer.headers()[ETAG], tag);
        }
        let mut headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("br"))]);
        let weak = response(&[JSON, ("etag", "W/\"a\"")], 5000);
        let answer = Asked::of(&Method::GET, &mut headers).answer(weak).await;
        assert_eq!(answer.headers()[ETAG], "W/\"a\"");
    }
}
