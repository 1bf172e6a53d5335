//! What was answered about tokens, for a short time and in a bounded number, by a digest of the token and not by the token.
use std::{collections::HashMap, sync::Arc, time::Duration};

use oauth::resource_server::introspection::Answer;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// The most answers of one age; there are two ages.
const MOST: usize = 5000;

/// A token as it is known here.
pub(super) type Name = [u8; 32];

/// An answer, and when its question left.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) answer: Arc<Answer>,
    pub(super) asked: Instant,
}

/// The answers that are held. When there are too many young ones, they become the old ones, and those go.
#[derive(Debug, Default)]
pub(super) struct Answers {
    young: HashMap<Name, Told>,
    old: HashMap<Name, Told>,
}

/// The digest of a token.
pub(super) fn name(token: &str) -> Name {
    Sha256::digest(token).into()
}

impl Answers {
    /// The answer about this token, if its question left less than `keep` ago.
    pub(super) fn find(&self, name: &Name, keep: Duration) -> Option<Arc<Answer>> {
        let told = self.young.get(name).or_else(|| self.old.get(name))?;
        (told.asked.elapsed() < keep).then(|| Arc::clone(&told.answer))
    }

    /// Holds an answer.
    pub(super) fn hold(&mut self, name: Name, told: Told) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_tokens_come_only_so_many_answers_are_held() {
        let mut answers = Answers::default();
        let told = Told { answer: Arc::new(Answer::Inactive), asked: Instant::now() };
        for number in 0..4 * MOST {
            answers.hold(name(&number.to_string()), told.clone());
        }
        assert!(answers.young.len() + answers.old.len() <= 2 * MOST);
        let keep = Duration::from_hours(1);
        assert!(answers.find(&name(&(4 * MOST - 1).to_string()), keep).is_some());
        assert!(answers.find(&name("0"), keep).is_none());
        assert!(answers.find(&name(&(4 * MOST - 1).to_string()), Duration::ZERO).is_none());
    }
}
