//! Resources over an in-process router, on SQLite and PostgreSQL, with a stand-in for the token check.
#![expect(unreachable_pub, reason = "a test program")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

#[path = "resource/access.rs"]
mod access;
#[path = "resource/alternatives.rs"]
mod alternatives;
#[path = "resource/bad_input.rs"]
mod bad_input;
#[path = "resource/changes.rs"]
mod changes;
#[path = "resource/cors.rs"]
mod cors;
#[path = "resource/deprecation.rs"]
mod deprecation;
#[path = "resource/dialect.rs"]
mod dialect;
#[path = "resource/guide.rs"]
mod guide;
#[path = "resource/kinds.rs"]
mod kinds;
#[path = "resource/library.rs"]
mod library;
#[path = "resource/list.rs"]
mod list;
#[path = "resource/lists.rs"]
mod lists;
#[path = "resource/nested.rs"]
mod nested;
#[path = "resource/once.rs"]
mod once;
#[path = "resource/openapi.rs"]
mod openapi;
#[path = "resource/page.rs"]
mod page;
#[path = "resource/page_of_books.rs"]
mod page_of_books;
#[path = "resource/page_tools.rs"]
mod page_tools;
#[path = "resource/permissions.rs"]
mod permissions;
#[path = "resource/program.rs"]
mod program;
#[path = "resource/queries.rs"]
mod queries;
#[path = "resource/relations.rs"]
mod relations;
#[path = "resource/stand.rs"]
mod stand;
#[path = "resource/step_up.rs"]
mod step_up;
#[path = "resource/throttle.rs"]
mod throttle;
#[path = "resource/versions.rs"]
mod versions;
#[path = "resource/viewset.rs"]
mod viewset;
#[path = "resource/walk.rs"]
mod walk;
