//! What the compiler says about a resource that is declared wrongly: the message is part of the product.

#[test]
fn wrong_declarations_do_not_compile_and_the_message_says_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
