//! Properties of walks through a list by cursor, and of whole lists that are streamed, while rows come and go.
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use serde_json::Value as Data;

use super::{
    lists::{ActiveModel, Entity, Model},
    stand::{Stand, make_table, on_both},
};
use grantwell_rest::Resources;

type Sheep = (Option<i32>, String, Option<i64>);

fn sheep() -> impl Strategy<Value = Sheep> {
    // Few values, so that many rows are equal in them.
    (prop::option::of(0..3_i32), "[a-cä]{0,2}", prop::option::of(0..4_i64))
}

const ORDERINGS: &[&str] =
    &["", "age", "-age", "name,-age", "-born", "born,age", "-price,name", "-age,-name,born"];

async fn insert(database: &database::Database, flock: Vec<Sheep>) -> Vec<i64> {
    let mut ids = Vec::new();
    for (age, name, born) in flock {
        let born = born.and_then(|second| chrono::DateTime::from_timestamp(second, 500_000_000));
        let row = ActiveModel {
            name: Set(name),
            age: Set(age),
            price: Set(age.map(|age| sea_orm::prelude::Decimal::new(i64::from(age) * 25, 2))),
            born: Set(born),
            ..Default::default()
        };
        let made = database.write::<_, database::DatabaseError, _>(move |transaction| {
            Box::pin(async move { Ok(Entity::insert(row).exec(transaction).await?.last_insert_id) })
        });
        ids.push(made.await.unwrap());
    }
    ids
}

/// The ids of a page, and the address of another one.
async fn page(stand: &Stand, address: &str, onward: &str) -> (Vec<i64>, Option<String>) {
    let answer = stand.get(address).await;
    assert_eq!(answer.status, 200, "{address}: {}", answer.text);
    let json = answer.json();
    let rows = json.get("results").unwrap().as_array().unwrap();
    let ids = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    let onward = json
        .get(onward)
        .unwrap()
        .as_str()
        .map(|to| to.trim_start_matches("https://api.example").to_owned());
    (ids, onward)
}

#[test]
fn a_walk_by_cursor_meets_every_row_that_was_there_all_along_once() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::new(database.clone(), Resources::new().add::<Model>());
        let mut runner = TestRunner::deterministic();
        let strategy = (
            prop::collection::vec(sheep(), 1..25),
            prop::collection::vec(prop::collection::vec(sheep(), 0..3), 30),
            1..5_u64,
            0..ORDERINGS.len(),
        );
        for _ in 0..40 {
            let (flock, later, size, ordering) = strategy.new_tree(&mut runner).unwrap().current();
            let clear = Entity::delete_many();
            database.execute_write(&sea_orm::QueryTrait::into_query(clear)).await.unwrap();
            let mut there = insert(&database, flock).await;
            let mut later = later.into_iter().cycle();
            let ordering = ORDERINGS[ordering];
            let mut address = format!("/v1/sheep/?page_size={size}&ordering={ordering}");
            let mut met: Vec<i64> = Vec::new();
            let mut end = address.clone();
            loop {
                let (ids, next) = page(&stand, &address, "next").await;
                met.extend(ids);
                end.clone_from(&address);
                let Some(next) = next else { break };
                address = next;
                if met.len() < 200 {
                    insert(&database, later.next().unwrap()).await;
                }
            }
            once(&there, &met, &format!("forward, {ordering}"));
            there.sort_unstable();
            // Back from the last page: all rows before it, in turned order.
            let (last, mut previous) = page(&stand, &end, "previous").await;
            let mut back = last;
            while let Some(address) = previous {
                let (mut ids, onward) = page(&stand, &address, "previous").await;
                ids.append(&mut back);
                back = ids;
                previous = onward;
            }
            once(&there, &back, &format!("backward, {ordering}"));
        }
    });
}

fn once(there: &[i64], met: &[i64], what: &str) {
    let mut sorted = met.to_vec();
    sorted.sort_unstable();
    let all = sorted.len();
    sorted.dedup();
    assert_eq!(sorted.len(), all, "{what}: a row came twice: {met:?}");
    for id in there {
        assert!(sorted.binary_search(id).is_ok(), "{what}: the row {id} is missing from {met:?}");
    }
}

#[test]
fn times_that_the_database_wrote_itself_are_walked_as_well() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::new(database.clone(), Resources::new().add::<Model>());
        insert(&database, vec![(None, "a".into(), None); 7]).await;
        database
            .write::<_, database::DatabaseError, _>(|transaction| {
                Box::pin(async move {
                    let statement = "UPDATE sheep SET born = CURRENT_TIMESTAMP";
                    Ok(transaction.execute_unprepared(statement).await.map(drop)?)
                })
            })
            .await
            .unwrap();
        for ordering in ["born", "-born"] {
            let mut met = Vec::new();
            let mut next = Some(format!("/v1/sheep/?page_size=2&ordering={ordering}"));
            while let Some(address) = next {
                let (ids, onward) = page(&stand, &address, "next").await;
                met.extend(ids);
                next = onward;
            }
            assert_eq!(met.len(), 7, "{ordering}: {met:?}");
        }
    });
}

#[test]
fn a_whole_list_is_streamed_in_batches() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::new(database.clone(), Resources::new().add::<Model>());
        let flock: Vec<Sheep> =
            (0..1203).map(|number| (Some(number % 7), format!("={number}"), None)).collect();
        database
            .write::<_, database::DatabaseError, _>(move |transaction| {
                let rows = flock.into_iter().map(|(age, name, _)| ActiveModel {
                    name: Set(name),
                    age: Set(age),
                    ..Default::default()
                });
                let rows: Vec<ActiveModel> = rows.collect();
                Box::pin(async move {
                    Entity::insert_many(rows).exec_without_returning(transaction).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        let ndjson = stand.get("/v1/sheep/?format=ndjson&age__lt=6").await;
        assert_eq!(ndjson.header("content-type"), "application/x-ndjson");
        let rows: Vec<Data> =
            ndjson.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ages: Vec<i64> = rows.iter().map(|row| row["age"].as_i64().unwrap()).collect();
        assert_eq!(ages.len(), 1032);
        assert!(ages.is_sorted_by(|left, right| left >= right), "the resource's own order");
        let csv = stand.get("/v1/sheep/?format=csv&fields=id,name").await;
        assert_eq!(csv.text.lines().count(), 1204);
        assert!(csv.text.starts_with("id,name\r\n") && csv.text.contains(",'=7\r\n"));
        assert_eq!(csv.header("content-disposition"), "attachment; filename=\"sheep.csv\"");
        let head = stand.ask("HEAD /v1/sheep/?format=csv", "", ("", "")).await;
        assert_eq!((head.text.as_str(), head.header("content-length")), ("", ""));
        assert_eq!(head.header("content-type"), csv.header("content-type"));
        for (accept, expected) in [
            ("text/csv", "text/csv"),
            ("application/json;q=0.5, application/x-ndjson", "application/x-ndjson"),
            ("text/csv;q=0.1, */*", "application/json"),
            ("text/csv;q=0, application/json;q=0.1", "application/json"),
        ] {
            let request = http::Request::get("/v1/sheep/").header("accept", accept);
            let answer = stand.send(request.body(axum::body::Body::empty()).unwrap()).await;
            assert!(answer.header("content-type").starts_with(expected), "{accept}");
        }
    });
}
