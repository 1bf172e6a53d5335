//! A project with two versions of its API: tokens, metadata and the document know both.

use grantwell::prelude::*;
use grantwell::testing::{Body, InProcess};
use http::Request;
use serde_json::json;

use crate::notes::{Model, table};

#[tokio::test(flavor = "multi_thread")]
async fn two_versions_are_served_beside_each_other_and_a_header_chooses() {
    let resources = || Resources::new().add::<Model>();
    let versions = Versions::new().add("v1", resources()).add("v2", resources());
    let app = InProcess::start(Project::new("notes").versions("/api", versions)).await.unwrap();
    table(&app).await;
    let ann = app.as_user("ann").scopes("read write");
    let made = ann.post("/api/notes/", &json!({"text": "a"})).await.expect(201);
    assert_eq!(made.header("location"), "/api/v1/notes/1/");
    let by_header = Request::get("/api/notes/").header("accept-version", "v2");
    let read = ann.send(by_header.body(Body::empty())).await.expect(200);
    assert_eq!(read.header("content-location"), "/api/v2/notes/");
    let refused = app.anonymous().post("/api/notes/", &json!({"text": "a"})).await.expect(401);
    let metadata = "/.well-known/oauth-protected-resource/api/v1\"";
    assert!(refused.header("www-authenticate").ends_with(metadata));
    let document = app.anonymous().get("/openapi.json").await.expect(200).json();
    for path in ["/api/v1/notes/", "/api/v2/notes/"] {
        assert!(document["paths"][path]["get"].is_object(), "{path}");
    }
    let told = document["info"]["description"].as_str().unwrap();
    assert!(told.contains("`/api/v1/`, `/api/v2/`") && told.contains("Accept-Version"), "{told}");
}
