//! The words of `?search=`: separated by spaces or commas, kept together by quotes.
/// Characters of `?search=` at most; SQLite gives up on a pattern of more than 50,000 bytes.
pub(crate) const LONGEST_SEARCH: usize = 200;
/// Words that are looked at.
const MOST_WORDS: usize = 8;

/// The words.
///
/// # Errors
/// A sentence for the caller, when they are too long.
pub(super) fn split(text: &str) -> Result<Vec<String>, String> {
    if text.chars().count() > LONGEST_SEARCH {
        return Err(format!("It has at most {LONGEST_SEARCH} characters."));
    }
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    for c in text.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            // An apostrophe inside a word (`O'Neill`) opens nothing.
            None if c == '"' || (c == '\'' && word.is_empty()) => quote = Some(c),
            None if c.is_whitespace() || c == ',' => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words.truncate(MOST_WORDS);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_split_and_quotes_keep_them_together() {
        for (text, expected) in [
            ("", vec![]),
            ("a b", vec!["a", "b"]),
            ("Doe, John", vec!["Doe", "John"]),
            (r#""pink fluffy" horn"#, vec!["pink fluffy", "horn"]),
            ("'pink, fluffy'", vec!["pink, fluffy"]),
            ("O'Neill", vec!["O'Neill"]),
            (r#"say "it's"#, vec!["say", "it's"]),
            (r#""""#, vec![]),
            ("1 2 3 4 5 6 7 8 9", vec!["1", "2", "3", "4", "5", "6", "7", "8"]),
        ] {
            assert_eq!(split(text).unwrap(), expected, "{text}");
        }
        assert!(split(&"x".repeat(201)).unwrap_err().contains("200"));
        assert!(split(&"x".repeat(200)).is_ok());
    }
}
