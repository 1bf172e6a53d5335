//! Entities and migrations tell of the same tables, and every migration can be undone.

use std::path::Path;

use database::migration::{Flags, Folder, Order, Target, make, migrate, plan, unapply};
use grantwell_store::{entity, migrations};

use crate::world::{World, on_both, options};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");

/// With `GRANTWELL_MIGRATION=name` the missing migration is written instead; `GRANTWELL_DEFAULTS` says what rows that exist
/// get, as `table.column=value` separated by spaces.
#[test]
fn the_migrations_fold_to_what_the_entities_ask_for() {
    let name = std::env::var("GRANTWELL_MIGRATION").ok();
    let mut flags = Flags::default();
    for pair in std::env::var("GRANTWELL_DEFAULTS").unwrap_or_default().split_whitespace() {
        flags.default_value(pair).unwrap();
    }
    let dry_run = name.is_none();
    let order = Order { app: "grantwell".to_owned(), name, dry_run, ..Order::default() };
    let made = make(Path::new(FOLDER), &order, &entity::all(), &mut flags).unwrap();
    assert!(!dry_run || made.is_up_to_date(), "make a migration for: {made:#?}");
}

#[test]
fn every_migration_of_the_folder_is_in_the_program() {
    let folder = Folder::open(FOLDER, "grantwell").unwrap();
    assert_eq!(migrations().migrations().unwrap(), folder.migrations());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migrations_can_be_undone_and_done_again() {
    on_both(|world| async move {
        let database = world.connect().await;
        let sets = [migrations()];
        let undone = unapply(&database, &sets, "grantwell", &Target::Zero, &mut |_| ()).await;
        assert_eq!(undone.unwrap().len(), migrations().files.len());
        assert!(world.open([7; 32], options()).await.is_err());
        migrate(&database, &sets, 0, &mut |_| ()).await.unwrap();
        assert!(plan(&database, &sets).await.unwrap().steps.is_empty());
        let store = world.node().await;
        store.users().create(World::new_user("jane")).await.unwrap();
    })
    .await;
}
