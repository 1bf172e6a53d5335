//! Answers are compressed for those who take it, whole lists while they are sent, and nothing that holds a token.

use std::io::Read as _;
use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use flate2::read::GzDecoder;
use grantwell::testing::{Body, InProcess};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::notes::{on_both, project, table};

/// An answer as it came over the wire.
struct Raw {
    status: StatusCode,
    headers: HeaderMap,
    frames: Vec<usize>,
    bytes: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn plain(&self) -> Vec<u8> {
        match self.header("content-encoding") {
            "" => self.bytes.clone(),
            "gzip" => {
                let mut plain = Vec::new();
                GzDecoder::new(&self.bytes[..]).read_to_end(&mut plain).unwrap();
                plain
            }
            other => panic!("{other}"),
        }
    }
}

async fn ask(app: &InProcess, line: &str, headers: &[(&str, &str)], body: &str) -> Raw {
    let (method, uri) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri).header("host", "127.0.0.1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (parts, mut body) = app.app().router().oneshot(request).await.unwrap().into_parts();
    let (mut frames, mut bytes) = (Vec::new(), Vec::new());
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.unwrap().into_data() {
            frames.push(data.len());
            bytes.extend_from_slice(&data);
        }
    }
    Raw { status: parts.status, headers: parts.headers, frames, bytes }
}

/// So many notes, which do not look like each other.
async fn write(app: &InProcess, number: usize) {
    let ann = app.as_user("ann").scopes("read write");
    let text =
        |row: usize| (0..20).map(move |word| (row * 7919 + word * 104_729).to_string() + " ");
    for first in (0..number).step_by(1000) {
        let rows = first..number.min(first + 1000);
        let rows: Vec<Value> =
            rows.map(|row| json!({"text": text(row).collect::<String>()})).collect();
        ann.post("/v1/notes/", &rows).await.expect(201);
    }
}

const GZIP: (&str, &str) = ("accept-encoding", "gzip");

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_whole_lists_are_compressed_and_mean_the_same() {
    on_both(async |app| {
        write(&app, 3000).await;
        let bearer = format!("Bearer {}", app.token("ann", "read write").await.unwrap());
        let bearer = ("authorization", bearer.as_str());
        for path in
            ["/v1/notes/", "/v1/notes/?format=ndjson", "/v1/notes/?format=csv", "/openapi.json"]
        {
            let line = format!("GET {path}");
            let plain = ask(&app, &line, &[bearer], "").await;
            let packed = ask(&app, &line, &[bearer, GZIP], "").await;
            assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
            assert_eq!(packed.plain(), plain.bytes, "{path}");
            assert!(packed.bytes.len() * 2 < plain.bytes.len(), "{path}");
            for answer in [&plain, &packed] {
                let mut vary = answer.headers.get_all("vary").iter();
                assert!(vary.any(|value| value == "Accept-Encoding"), "{path}");
            }
            if path.contains("format") {
                // Piece by piece, as it is read.
                assert!(packed.frames.len() > 3, "{path}: {:?}", packed.frames);
            }
        }
        let style = "GET /static/grantwell/0/grantwell.css";
        assert_eq!(ask(&app, style, &[GZIP], "").await.header("content-encoding"), "gzip");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_read_compressed_is_changed_by_its_tag() {
    on_both(async |app| {
        let ann = app.as_user("ann").scopes("read write");
        ann.post("/v1/notes/", &json!({"text": "a".repeat(2000)})).await.expect(201);
        let bearer = format!("Bearer {}", app.token("ann", "read write").await.unwrap());
        let bearer = ("authorization", bearer.as_str());
        let read = ask(&app, "GET /v1/notes/1/", &[GZIP], "").await;
        let tag = read.header("etag").to_owned();
        assert!(tag.ends_with("+gzip\""), "{tag}");
        let again = ask(&app, "GET /v1/notes/1/", &[GZIP, ("if-none-match", &tag)], "").await;
        assert_eq!((again.status.as_u16(), again.header("etag")), (304, tag.as_str()));
        let json = ("content-type", "application/json");
        for expected in [200, 412] {
            let change = [bearer, json, ("if-match", tag.as_str())];
            let changed = ask(&app, "PATCH /v1/notes/1/", &change, r#"{"text":"b"}"#).await;
            assert_eq!(changed.status, expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_a_token_or_a_form_is_never_compressed() {
    on_both(async |app| {
        write(&app, 100).await;
        let form = ("content-type", "application/x-www-form-urlencoded");
        let register = "username=halfspring&password=quiet+harbour+lights";
        let tokens = ask(&app, "POST /authentication/register/", &[form, GZIP], register).await;
        assert!(tokens.status.is_success());
        let html = ("accept", "text/html");
        for (line, headers) in [
            ("GET /accounts/login/", &[html, GZIP][..]),
            ("GET /v1/notes/", &[html, GZIP]),
            ("GET /v1/notes/", &[GZIP, ("cookie", "anything=x")]),
        ] {
            let page = ask(&app, line, headers, "").await;
            assert!(page.status == 200 && page.bytes.len() > 1024, "{line}");
            assert_eq!(page.header("content-encoding"), "", "{line} {headers:?}");
        }
        assert_eq!(tokens.header("content-encoding"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_turned_off() {
    let off = |settings: &mut grantwell::Settings| settings.server.compression = false;
    let app = InProcess::start_with(project(), off).await.unwrap();
    table(&app).await;
    write(&app, 100).await;
    let plain = ask(&app, "GET /v1/notes/", &[GZIP], "").await;
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary").contains("Encoding")),
        ("", false)
    );
}
