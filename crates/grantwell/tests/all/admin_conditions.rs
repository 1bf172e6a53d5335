//! The admin API for callers who say what they have seen: `ETag` and `If-Match` (RFC 9110 §13.1.1).

use serde_json::{Value, json};

use crate::admin_place::{Answer, Node, on_both, send};

const SCOPE: &str = "grantwell:admin";

/// A request that rests on this state, if it says one.
async fn call(
    node: &Node,
    token: &str,
    (method, path): (&str, &str),
    seen: Option<&str>,
    body: Option<Value>,
) -> Answer {
    let url = node.server.url(&format!("/admin/api{path}"));
    let mut request = node.http.request(method.parse().unwrap(), url).bearer_auth(token);
    if let Some(seen) = seen {
        request = request.header("if-match", seen);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    send(request).await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

/// RFC 9110 §13.1.1: a change that rests on a state that is no more changes nothing; the answer to one change is what the next
/// one may rest on.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_it_was_read_is_not_changed() {
    on_both(async |place| {
        let node = place.node().await;
        let secret = node.root("root", SCOPE).await;
        let token = node.token(("root", &secret), SCOPE).await;
        let robot = json!({"name": "Robot", "grant_types": ["client_credentials"]});
        for (path, whole, part) in [
            ("/applications/robot/", robot, json!({"tos_uri": "https://robot.example/terms"})),
            ("/users/ann/", json!({"claims": {"nickname": "A"}}), json!({"staff": true})),
        ] {
            let ask = async |method: &str, seen: Option<&str>, body: Option<&Value>| {
                call(&node, &token, (method, path), seen, body.cloned()).await
            };
            ask("PUT", Some("*"), Some(&whole)).await.status(412);
            let made = ask("PUT", None, Some(&whole)).await.status(201);
            let first = tag(&ask("GET", None, None).await.status(200));
            assert_eq!(tag(&made), first, "{path}");
            let again = ask("PUT", Some(&first), Some(&whole)).await.status(200);
            assert_eq!(
                (tag(&again), again.json()["action"].as_str()),
                (first.clone(), Some("unchanged"))
            );
            let changed = ask("PATCH", Some(&first), Some(&part)).await.status(200);
            let second = tag(&changed);
            assert_ne!(second, first, "{path}");
            assert_eq!(tag(&ask("GET", None, None).await), second, "{path}");
            for method in ["PUT", "PATCH", "DELETE"] {
                let body = (method != "DELETE").then_some(&part);
                for seen in [first.as_str(), "\"x\"", &format!("W/{second}")] {
                    let late = ask(method, Some(seen), body).await.status(412);
                    assert_eq!(late.json()["code"], "precondition_failed", "{method} {seen}");
                }
            }
            let off = json!({"active": false});
            ask("PATCH", Some(&first), Some(&off)).await.status(412);
            let both = format!("{first}, {second}");
            let switched = ask("PATCH", Some(&both), Some(&off)).await.status(200);
            assert_ne!(tag(&switched), second, "what ends tokens is another state");
            ask("DELETE", Some(&tag(&switched)), None).await.status(204);
            ask("DELETE", Some("*"), None).await.status(412);
        }
    })
    .await;
}

/// Of many who have seen one state, one changes it.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_rest_on_one_state_one_wins() {
    on_both(async |place| {
        let node = std::sync::Arc::new(place.node().await);
        let secret = node.root("root", SCOPE).await;
        let token = node.token(("root", &secret), SCOPE).await;
        let robot = json!({"name": "Robot", "grant_types": ["client_credentials"]});
        call(&node, &token, ("PUT", "/applications/robot/"), None, Some(robot)).await.status(201);
        let ann = json!({"claims": {"nickname": "A"}});
        call(&node, &token, ("PUT", "/users/ann/"), None, Some(ann)).await.status(201);
        for path in ["/applications/robot/", "/users/ann/"] {
            let seen = tag(&call(&node, &token, ("GET", path), None, None).await.status(200));
            let calls: Vec<_> = (0..6)
                .map(|number| {
                    let (node, token, seen) = (node.clone(), token.clone(), seen.clone());
                    let body = match path {
                        "/users/ann/" => json!({"claims": {"nickname": format!("N{number}")}}),
                        _ => json!({"name": format!("Robot {number}")}),
                    };
                    tokio::spawn(async move {
                        call(&node, &token, ("PATCH", path), Some(&seen), Some(body)).await.status
                    })
                })
                .collect();
            let mut statuses = Vec::new();
            for call in calls {
                statuses.push(call.await.unwrap());
            }
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412, 412, 412, 412, 412], "{path}");
        }
    })
    .await;
}
