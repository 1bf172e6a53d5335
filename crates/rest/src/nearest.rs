//! The known word that a mistyped one probably means.

/// The nearest of `known`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // A long word is no typing mistake, and comparing it would cost.
    if word.len() > 64 {
        return None;
    }
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typing_mistake_finds_the_word_and_nonsense_finds_none() {
        let known = ["name", "age", "ordering"];
        for (word, meant) in [
            ("nmae", Some("name")),
            ("agee", Some("age")),
            ("order", Some("ordering")),
            ("horn", None),
            ("", None),
            (&"n".repeat(1000), None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
