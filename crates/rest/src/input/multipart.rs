//! A body in parts (RFC 7578): a form of which each part is the text of one field.
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use http::{HeaderMap, header};
use multer::Multipart;

use crate::{Problem, Result, pairs::Pairs, problem::FieldError};

/// The fields in order.
///
/// # Errors
/// 400 for what cannot be read, 422 for a file: no field can hold one.
pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Vec<(String, String)>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default())
        .map_err(|_| unreadable("Its Content-Type does not say what stands between the parts."))?;
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::copy_from_slice(body))]);
    // The whole body is there, so there is nothing to wait for.
    let read = fields(Multipart::new(whole, boundary)).now_or_never();
    read.unwrap_or_else(|| Err(unreadable("It ended before it was complete.")))
}

async fn fields(mut parts: Multipart<'_>) -> Result<Vec<(String, String)>> {
    let mut pairs = Pairs::default();
    let broken = |_| unreadable("Its parts are not written as RFC 7578 says.");
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let Some(name) = part.name().map(str::to_owned) else {
            return Err(unreadable("One of its parts has no name."));
        };
        if part.file_name().is_some() {
            let told = "This field takes a text; files cannot be kept here.";
            return Err(Problem::invalid(vec![FieldError::new(&name, "file", told)]));
        }
        let bytes = part.bytes().await.map_err(broken)?;
        let value =
            String::from_utf8(bytes.to_vec()).map_err(|_| unreadable("It is not UTF-8."))?;
        pairs.add(name, value).map_err(|what| unreadable(&what))?;
    }
    Ok(pairs.list)
}

fn unreadable(what: &str) -> Problem {
    Problem::malformed(format!("The form in the body cannot be read. {what}"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(kind: &str, body: &str) -> Result<Vec<(String, String)>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        parse(&headers, body.as_bytes())
    }

    fn part(head: &str, value: &str) -> String {
        format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
    }

    #[test]
    fn parts_are_fields_and_files_are_told_so() {
        let kind = "multipart/form-data; boundary=x";
        let whole = |parts: &[String]| format!("{}--x--\r\n", parts.concat());
        let good = whole(&[part("name=\"name\"", "Dr.\r\nJo é"), part("name=age", "")]);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read(kind, &good).unwrap(), [pair("name", "Dr.\r\nJo é"), pair("age", "")]);
        let twice = whole(&[part("name=a", "1"), part("name=a", "2")]);
        let file = whole(&[part("name=a; filename=b.txt", "1")]);
        let nameless = whole(&[part("filename*=x", "1")]);
        let nul = whole(&[part("name=a", "\0")]);
        for (kind, body, status, word) in [
            (kind, twice.as_str(), 400, "twice"),
            (kind, &file, 422, "files"),
            (kind, &nameless, 400, "no name"),
            (kind, &nul, 400, "NUL"),
            (kind, "", 400, "parts"),
            (kind, "--x\r\n", 400, "parts"),
            (kind, &good[..30], 400, "parts"),
            ("multipart/form-data", &good, 400, "between"),
            ("multipart/form-data; boundary=y", &good, 400, "parts"),
        ] {
            let problem = read(kind, body).unwrap_err();
            assert_eq!(problem.status(), status, "{body:?}: {problem}");
            let told = problem.errors().first().map_or(problem.detail(), |error| &error.detail);
            assert!(told.contains(word), "{body:?}: {told}");
        }
    }
}
