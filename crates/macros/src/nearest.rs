//! Finds the known word that a mistyped one probably means.

/// The nearest of `known`, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// The sentence for an attribute key that does not exist.
pub(crate) fn unknown_key(key: &str, place: &str, known: &[&str]) -> String {
    unknown("key", key, place, known)
}

/// The sentence for a word, where only some are possible, that is none of them.
pub(crate) fn unknown_word(word: &str, place: &str, known: &[&str]) -> String {
    unknown("word", word, place, known)
}

fn unknown(what: &str, wrong: &str, place: &str, known: &[&str]) -> String {
    let listed = known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
    let meant = nearest(wrong, known)
        .map_or_else(|| ".".to_owned(), |meant| format!("; did you mean `{meant}`?"));
    format!("{place} has no {what} `{wrong}`{meant} Known {what}s: {listed}")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typing_mistake_finds_the_word_and_nonsense_finds_none() {
        let known = ["path", "read", "write", "read_only", "max_length"];
        for (word, meant) in [
            ("pth", Some("path")),
            ("readonly", Some("read_only")),
            ("maxlength", Some("max_length")),
            ("wirte", Some("write")),
            ("zzz", None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
