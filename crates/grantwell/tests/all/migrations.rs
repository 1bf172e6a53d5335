//! `migrate`, `showmigrations`, `makemigrations`: what is missing, what is applied.

use crate::house::House;

#[test]
fn the_plan_changes_nothing_and_the_check_tells_by_its_code() {
    let house = House::new();
    let plan = house.run(&["migrate", "--plan"]).code(0);
    assert!(
        plan.out.contains("grantwell.0001_initial") && plan.out.contains("CREATE TABLE"),
        "{}",
        plan.out
    );
    house.run(&["migrate", "--check"]).code(1);
    assert!(house.run(&["showmigrations"]).code(0).out.contains(" [ ] 0001_initial"));
    let done = house.run(&["migrate"]).code(0);
    assert!(done.err.contains("Applied grantwell.0001_initial") && done.out.is_empty(), "{done:?}");
    house.run(&["migrate", "--check"]).code(0);
    assert!(house.run(&["migrate"]).code(0).err.contains("up to date"));
    assert!(house.run(&["showmigrations"]).code(0).out.contains(" [X] 0001_initial"));
    assert!(house.run(&["showmigrations", "--json"]).code(0).json()[0]["applied_at"].is_string());
}

#[test]
fn a_project_without_resources_has_nothing_to_make() {
    let house = House::new();
    assert!(house.run(&["makemigrations", "--check"]).code(0).err.contains("No changes"));
    let made = house.run(&["makemigrations", "--empty", "--name", "mine"]).code(0);
    assert_eq!(made.out, "migrations/0001_mine.toml\n");
    house.run(&["makemigrations", "--rename", "nonsense"]).code(2);
}
