//! The commands over PostgreSQL: the same as over SQLite, with nothing but `DATABASE_URL` changed.

use sea_orm::{ConnectionTrait as _, Database};

use crate::house::House;

/// A new database on the server of the test run, if there is one.
async fn fresh() -> Option<String> {
    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        eprintln!("skipped: GRANTWELL_TEST_POSTGRES is not set");
        return None;
    };
    let name = format!("commands_{}", std::process::id());
    let server = Database::connect(&base).await.unwrap();
    server
        .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await
        .unwrap();
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    Some(format!("{}/{name}", base.rsplit_once('/').unwrap().0))
}

#[tokio::test]
async fn every_command_works_over_postgresql() {
    let Some(url) = fresh().await else { return };
    let house = House::new();
    let run = |arguments: &[&str], input: &str| {
        house.run_with(arguments, &[("DATABASE_URL", &url)], input)
    };
    run(&["migrate", "--check"], "").code(1);
    assert!(run(&["migrate", "--plan"], "").code(0).out.contains("CREATE TABLE"));
    run(&["migrate"], "").code(0);
    run(&["migrate", "--check"], "").code(0);
    run(&["createsuperuser", "--username", "ann"], "quiet harbour lights\n").code(0);
    let create = [
        "application",
        "create",
        "--json",
        "--name",
        "Site",
        "--owner",
        "ann",
        "--grant-type",
        "client_credentials",
    ];
    let made = run(&create, "").code(0).json();
    let id = made["client_id"].as_str().unwrap();
    assert!(run(&["application", "list"], "").code(0).out.contains(id));
    run(&["application", "rotate-secret", id, "--yes"], "").code(0);
    run(&["application", "delete", id, "--yes"], "").code(0);
    run(&["keys", "rotate"], "").code(0);
    assert_eq!(run(&["keys", "list", "--json"], "").code(0).json().as_array().unwrap().len(), 5);
    run(&["cleartokens"], "").code(0);
    assert_eq!(run(&["token", "introspect"], "nonsense").code(0).json()["active"], false);
    run(&["setup-link", "--force"], "").code(0);
    assert_eq!(run(&["doctor"], "").code(0).out, "");
}
