//! A bookshop: authors, books, tags and reviews behind OAuth 2.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> grantwell::Result {
    bookshop::project().main()
}
