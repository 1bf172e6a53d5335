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
    let listed = known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    match nearest(key, known) {
        Some(meant) => {
            format!("{place} has no key `{key}`; did you mean `{meant}`? Known keys: {listed}")
        }
        None => format!("{place} has no key `{key}`. Known keys: {listed}"),
    }
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
