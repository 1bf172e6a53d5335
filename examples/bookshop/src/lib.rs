//! A bookshop that shows what resources can do. Read it from here: what there is, then one file for each table.
//!
//! | look at | for |
//! |---|---|
//! | [`author`] | a UUID as key, a unique name, an optional web address, books that come with their author |
//! | [`book`] | money, dates, an enumeration, free JSON; owner, tags, actions, checks across fields |
//! | [`review`] | one per reader and book, changes that must say what they change |
//! | [`tag`] | many rows in one request |

pub mod author;
pub mod book;
pub mod book_tag;
pub mod review;
pub mod tag;

use grantwell::prelude::*;

scopes! {
    pub Browse = "browse" => "Look around in the bookshop",
    pub Sell   = "sell"   => "Put books on the shelves and take them away",
    pub Review = "review" => "Write reviews in your name",
}

/// The whole project; the tests run it as well.
pub fn project() -> Project {
    let resources = Resources::new()
        .add::<author::Model>()
        .add::<book::Model>()
        .add::<tag::Model>()
        .add::<review::Model>()
        .table::<book_tag::Entity>();
    Project::new("bookshop").resources("/v1", resources).migrations(grantwell::migrations!())
}
