//! Rates: who is counted together, what every answer tells, when to come back.
use axum::{body::Body, extract::ConnectInfo};
use grantwell_rest::{Action, Rate, Resources, Throttle};
use http::{Request, header};

use super::{
    page::{browse, token},
    program::{Entity, Model},
    stand::{Answer, Stand, make_table, on_both},
};

async fn ask(stand: &Stand, line: &str, token: &str, address: &str) -> Answer {
    let (method, uri) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri);
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let peer = std::net::SocketAddr::new(address.parse().unwrap(), 1);
    let request = request.extension(ConnectInfo(peer)).body(Body::empty()).unwrap();
    stand.send(request).await
}

#[test]
fn callers_are_counted_and_told() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let resources = Resources::new()
            .add::<Model>()
            .throttle(Throttle::anonymous(Rate::per_day(2)))
            .throttle(Throttle::user(Rate::per_day(3)))
            .throttle(Throttle::scoped("changes", Rate::per_day(1)).for_actions(&[Action::Create]));
        let stand = Stand::new(database, resources);
        let list = "GET /v1/unicorn/";
        // A refusal counts as well.
        for (address, status) in [
            ("192.0.2.1", 401),
            ("192.0.2.1", 401),
            ("192.0.2.1", 429),
            ("192.0.2.2", 401),
            ("2001:db8::1", 401),
            ("2001:db8::2", 401),
            ("2001:db8::3", 429),
            ("2001:db8:0:1::3", 401),
        ] {
            let answer = ask(&stand, list, "", address).await;
            assert_eq!(answer.status.as_u16(), status, "{address}: {}", answer.text);
        }
        let first = ask(&stand, list, "read", "192.0.2.1").await;
        assert_eq!(first.status, 200);
        assert_eq!(first.header("ratelimit-policy"), "\"user\";q=3;w=86400");
        assert_eq!(first.header("ratelimit"), "\"user\";r=2;t=28800");
        let made = ask(&stand, "POST /v1/unicorn/", "read+write", "192.0.2.1").await;
        assert_eq!(made.status, 422);
        assert_eq!(
            made.header("ratelimit-policy"),
            "\"user\";q=3;w=86400, \"changes\";q=1;w=86400"
        );
        let again = ask(&stand, "POST /v1/unicorn/", "read+write", "192.0.2.1").await;
        assert_eq!(
            (again.status.as_u16(), again.json()["code"].as_str()),
            (429, Some("too_many_requests"))
        );
        assert!(again.json()["detail"].as_str().unwrap().contains("1 in a day (`changes`)"));
        let wait: u64 = again.header("retry-after").parse().unwrap();
        assert!((86_000..=86_400).contains(&wait), "{wait}");
        let over = ask(&stand, list, "read", "192.0.2.9").await;
        assert_eq!(over.status, 429);
        assert!(over.header("ratelimit").contains("\"user\";r=0"), "{over:?}");
    });
}

#[test]
fn a_form_is_counted_as_what_it_means() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let throttle =
            Throttle::scoped("removals", Rate::per_day(1)).for_actions(&[Action::Delete]);
        let stand = Stand::new(database, Resources::new().add::<Model>().throttle(throttle));
        let page = browse(&stand, "GET /v1/unicorn/", "read+write", None).await;
        let form = format!("csrf_token={}&_method=DELETE", token(&page));
        let remove =
            async || browse(&stand, "POST /v1/unicorn/7/", "read+write", Some(&form)).await;
        assert_eq!(remove().await.status, 404);
        assert_eq!(remove().await.status, 429);
    });
}

#[test]
fn of_many_requests_at_once_no_more_than_the_rate_pass() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let throttle = Throttle::user(Rate::per_day(5));
        let stand = Stand::new(database, Resources::new().add::<Model>().throttle(throttle));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let stand = stand.clone();
            tasks.spawn(async move {
                ask(&stand, "GET /v1/unicorn/", "read", "192.0.2.1").await.status.as_u16()
            });
        }
        let codes = tasks.join_all().await;
        assert_eq!(codes.iter().filter(|code| **code == 200).count(), 5, "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == 429).count(), 15, "{codes:?}");
    });
}
