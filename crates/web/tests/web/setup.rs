//! The first administrator's one-time link.

use std::time::Duration;

use crate::browser::Browser;
use crate::world::{PASSWORD, on_both};

#[tokio::test]
async fn the_link_makes_one_administrator_and_works_once() {
    on_both(|world| async move {
        let link = world.store.setup_links().create(Duration::from_hours(1)).await.unwrap();
        let path = format!("/setup?token={}", link.expose());
        let mut browser = Browser::new(&world);
        assert_eq!(browser.get(&path).await.status, 200);
        assert_eq!(browser.get(&path).await.status, 200, "looking uses nothing up");
        let token = link.expose();
        let weak = [("token", token), ("username", "boss"), ("password", "short")];
        assert_eq!(browser.submit("/setup", &weak).await.status, 422);
        let mut second = Browser::new(&world);
        second.get(&path).await;
        let good = [("token", token), ("username", "boss"), ("password", PASSWORD)];
        let made = browser.submit("/setup", &good).await;
        assert_eq!(made.status, 303, "{}", made.body);
        assert_eq!(made.header("location"), "/o/applications/");
        assert_eq!(browser.get("/o/applications/").await.status, 200, "and signs in");
        assert_eq!(world.store.users().count_superusers().await.unwrap(), 1);
        let again = [("token", token), ("username", "boss2"), ("password", PASSWORD)];
        assert_eq!(second.submit("/setup", &again).await.status, 403);
        assert_eq!(Browser::new(&world).get(&path).await.status, 403);
        assert_eq!(world.store.users().count_superusers().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn no_link_an_old_one_and_a_wrong_one_are_refused() {
    on_both(|world| async move {
        let link = world.store.setup_links().create(Duration::from_hours(1)).await.unwrap();
        for path in ["/setup", "/setup?token=", "/setup?token=wrong", "/setup/?token=%00"] {
            assert_eq!(Browser::new(&world).get(path).await.status, 403, "{path}");
        }
        let mut browser = Browser::new(&world);
        browser.get(&format!("/setup?token={}", link.expose())).await;
        world.clock.advance(Duration::from_hours(2));
        let good = [("token", link.expose()), ("username", "boss"), ("password", PASSWORD)];
        assert_eq!(browser.submit("/setup", &good).await.status, 403);
        assert_eq!(world.store.users().count_superusers().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn two_at_once_make_one_administrator() {
    on_both(|world| async move {
        let link = world.store.setup_links().create(Duration::from_hours(1)).await.unwrap();
        let mut running = Vec::new();
        for number in 0..4 {
            let mut browser = Browser::new(&world);
            browser.get(&format!("/setup?token={}", link.expose())).await;
            let token = link.expose().to_owned();
            running.push(tokio::spawn(async move {
                let name = format!("boss{number}");
                let fields =
                    [("token", token.as_str()), ("username", &name), ("password", PASSWORD)];
                browser.submit("/setup", &fields).await.status.as_u16()
            }));
        }
        let mut seen = Vec::new();
        for one in running {
            seen.push(one.await.unwrap());
        }
        seen.sort_unstable();
        assert_eq!(seen, [303, 403, 403, 403]);
        assert_eq!(world.store.users().count_superusers().await.unwrap(), 1);
    })
    .await;
}
