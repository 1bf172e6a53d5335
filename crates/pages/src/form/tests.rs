//! What a form shows of what was entered, and what it never shows again.

use super::*;

fn form() -> Form {
    Form::post("/x")
        .field(Field::username("username", "Username").value("old"))
        .field(Field::password("password", "Password"))
        .field(Field::hidden("next", "/safe"))
        .field(
            Field::new(Kind::Checkboxes, "scope", "Scopes")
                .choices([Choice::new("read", "Read"), Choice::new("write", "Write")])
                .value("write"),
        )
}

#[test]
fn what_was_sent_comes_back_except_secrets_and_hidden_values() {
    let form = form().fill(&[
        ("username", "<b>"),
        ("password", "1234abcd"),
        ("next", "//evil"),
        ("scope", "read"),
        ("scope", "write"),
    ]);
    let values: Vec<&str> = form.fields.iter().map(|field| field.value.as_str()).collect();
    assert_eq!(values, ["<b>", "", "/safe", "read write"]);
    assert!(form.fields[3].choices.iter().all(|choice| choice.chosen));
    assert!(form.fill::<&str, &str>(&[]).fields[3].choices.iter().all(|choice| !choice.chosen));
}

#[test]
fn errors_go_to_their_field_or_above_the_form() {
    let form = form().fail("username", "taken").fail("next", "odd").fail("nothing", "broken");
    assert_eq!(form.fields[0].errors, ["taken"]);
    assert_eq!(form.errors, ["odd", "broken"]);
    assert!(form.has_errors());
    assert!(!super::tests::form().has_errors());
}
