//! What is sold. A seller changes their own books only; staff may change all.

use grantwell::prelude::*;
use grantwell::rest::permission::{owner, reading, staff};
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder, Set};
use serde::Serialize;

use crate::{Browse, Sell};

/// How a book is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(10))")]
#[serde(rename_all = "lowercase")]
pub enum Binding {
    /// Stiff covers.
    #[sea_orm(string_value = "hardcover")]
    Hardcover,
    /// Soft covers.
    #[sea_orm(string_value = "paperback")]
    Paperback,
    /// No covers.
    #[sea_orm(string_value = "ebook")]
    Ebook,
}

/// A book.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "book")]
#[resource(path = "books", read = Browse, write = Sell)]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    /// The title.
    #[resource(max_length = 200, search, order)]
    pub title: String,
    /// The number under which the trade knows it; it never changes.
    #[sea_orm(unique)]
    #[resource(create_only, pattern = "^97[89]-[0-9]{10}$", filter)]
    pub isbn: String,
    /// What it costs.
    #[sea_orm(column_type = "Decimal(Some((8, 2)))")]
    #[resource(min = 0, filter, order)]
    pub price: Decimal,
    /// What it costs for a while; below the price.
    #[sea_orm(column_type = "Decimal(Some((8, 2)))", nullable)]
    #[resource(min = 0)]
    pub reduced: Option<Decimal>,
    /// How it is made.
    #[resource(filter)]
    pub binding: Binding,
    /// The day of publication.
    #[resource(filter, order)]
    pub published: Option<Date>,
    /// What it is about.
    #[sea_orm(column_type = "Text")]
    #[resource(default = "", allow_blank, search)]
    pub about: String,
    /// Whatever else is known, such as its weight.
    pub details: Option<Json>,
    /// Who wrote it.
    #[sea_orm(indexed)]
    #[resource(filter)]
    pub author_id: Uuid,
    /// Who sells it.
    #[resource(read_only)]
    pub seller: Uuid,
    /// When it came into the shop.
    #[resource(read_only, order)]
    pub added: DateTimeUtc,
    /// Who wrote it, with `?expand=author`.
    #[sea_orm(belongs_to, from = "author_id", to = "id")]
    #[resource(expand)]
    pub author: BelongsTo<super::author::Entity>,
    /// Words by which it is found.
    #[sea_orm(has_many, via = "book_tag")]
    #[resource(expand, write)]
    pub tags: HasMany<super::tag::Entity>,
    /// What readers say, with `?expand=reviews`.
    #[sea_orm(has_many)]
    #[resource(expand)]
    pub reviews: HasMany<super::review::Entity>,
}

/// By how much a book gets cheaper.
#[derive(Debug, Input)]
pub struct Reduction {
    /// Percent of the price.
    #[resource(min = 1, max = 90)]
    percent: i32,
}

/// How many books there are, and which came last.
#[derive(Debug, Serialize)]
pub struct Stock {
    books: u64,
    newest: Option<String>,
}

#[viewset]
impl ViewSet for Model {
    fn permission() -> Permission {
        reading() | owner(Column::Seller) | staff()
    }

    async fn validate(
        ctx: &Ctx,
        _: &DatabaseTransaction,
        change: &mut ActiveModel,
    ) -> Result<(), Problem> {
        if ctx.action() == Action::Create {
            change.seller = Set(ctx.user()?.as_uuid());
            change.added = Set(instant(ctx));
        }
        let reduced = change.reduced.try_as_ref().copied().flatten();
        if reduced.is_some() && reduced.as_ref() >= change.price.try_as_ref() {
            let why = "This must be below the price.";
            return Err(Problem::invalid(vec![FieldError::new("reduced", "too_high", why)]));
        }
        Ok(())
    }

    /// Makes the book cheaper.
    #[action(detail, scope = Sell)]
    async fn reduce(
        _: &Ctx,
        transaction: &DatabaseTransaction,
        book: Model,
        by: Reduction,
    ) -> Result<Model, Problem> {
        let percent = Decimal::from(100 - by.percent);
        let reduced = (book.price * percent / Decimal::ONE_HUNDRED).round_dp(2);
        let mut change = ActiveModel::from(book);
        change.reduced = Set(Some(reduced));
        Ok(change.update(transaction).await?)
    }

    /// Counts the books.
    #[action(list, method = "get", scope = Public)]
    async fn stock(ctx: &Ctx) -> Result<Stock, Problem> {
        let newest = Entity::find().order_by_desc(Column::Added).one(ctx.db()).await?;
        let books = Entity::find().count(ctx.db()).await?;
        Ok(Stock { books, newest: newest.map(|book| book.title) })
    }
}

fn instant(ctx: &Ctx) -> DateTimeUtc {
    DateTimeUtc::from_timestamp_millis(ctx.now().as_millis()).unwrap_or_default()
}
