//! A change in its transaction, done once however often it is sent when it has an `Idempotency-Key`.
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use super::{Answer, Exchange};
use crate::{
    Problem, Result,
    idempotency::{self, Begun, Idempotency, REPLAYED, Request},
};

/// Bytes of an answer that is remembered, at most.
const MOST: usize = 1024 * 1024;

impl Exchange {
    /// Reads the key of a request whose body this is.
    pub(super) fn note_attempt(&mut self, body: &[u8]) -> Result<()> {
        if !matches!(self.method, Method::POST | Method::PATCH) {
            return Ok(());
        }
        let (headers, method, path) = (&self.parts.headers, &self.method, self.parts.uri.path());
        let attempt = Request { headers, method, path, body }.attempt(self.principal.as_deref())?;
        let rule = self.mounted.facts.idempotency;
        match (&attempt, rule) {
            (Some(_), Idempotency::Refused) => return Err(not_here()),
            (Some(_), _) if self.mounted.state.answers().is_none() => return Err(not_here()),
            (None, Idempotency::Required) if self.method == Method::POST && !self.is_session() => {
                return Err(idempotency::missing());
            }
            _ => {}
        }
        self.attempt = attempt;
        Ok(())
    }

    /// Runs a change in a transaction. With a key, name, change and answer are written together, or none of them: a request
    /// that failed has changed nothing and is not remembered, so its key is free.
    pub(super) async fn change<F>(&self, work: F) -> Result<Answer>
    where
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<Answer>>
            + Send
            + 'static,
    {
        let database = self.mounted.state.database();
        let (Some(attempt), Some(answers)) = (&self.attempt, self.mounted.state.answers()) else {
            return database.write::<_, Problem, _>(work).await;
        };
        let (attempt, answers) = (attempt.clone(), Arc::clone(answers));
        let now = self.mounted.state.clock().now();
        database
            .write::<_, Problem, _>(move |transaction| {
                Box::pin(async move {
                    match answers.begin(transaction, &attempt, now).await? {
                        Begun::First => {
                            let answer = work(transaction).await?;
                            answers.keep(transaction, &attempt, written(&answer)?).await?;
                            Ok(answer)
                        }
                        Begun::Running => Err(idempotency::running()),
                        Begun::Answered { fingerprint, answer } => {
                            if fingerprint == attempt.fingerprint() {
                                read(&answer)
                            } else {
                                Err(idempotency::reused())
                            }
                        }
                    }
                })
            })
            .await
    }
}

fn not_here() -> Problem {
    idempotency::malformed(
        "Nothing is remembered here under an `Idempotency-Key`, so it would not keep this from being done twice. Nothing was changed; send the request without it.",
    )
}

/// What stands before the body of a remembered answer, on a line of its own.
#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

/// The answer as it is kept. What is remembered has a bound, and a change whose answer is beyond it is not made: else the
/// caller that tries again could not be told what became of it.
fn written(answer: &Answer) -> Result<Vec<u8>> {
    if answer.json.len() > MOST {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!(
                "The answer would be larger than {MOST} bytes, more than is remembered under an `Idempotency-Key`. Nothing was changed; do it in smaller pieces."
            ),
        ));
    }
    let header = |(name, value): &(HeaderName, HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    let headers = answer.headers.iter().filter_map(header).collect();
    let head = Head { status: answer.status.as_u16(), headers };
    let mut bytes = serde_json::to_vec(&head).map_err(|error| Problem::internal(&error))?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&answer.json);
    Ok(bytes)
}

/// A remembered answer, which says that it is one.
fn read(bytes: &[u8]) -> Result<Answer> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (head, body) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    let head: Head = serde_json::from_slice(head).map_err(|error| Problem::internal(&error))?;
    let mut answer = Answer::ok(body.get(1..).unwrap_or_default().to_vec());
    answer.status = StatusCode::from_u16(head.status).map_err(|error| Problem::internal(&error))?;
    for (name, value) in head.headers {
        if let (Ok(name), Ok(value)) = (name.parse(), HeaderValue::from_str(&value)) {
            answer = answer.with(name, value);
        }
    }
    Ok(answer.with(REPLAYED, HeaderValue::from_static("true")))
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let location = HeaderValue::from_static("/v1/books/1/");
        let mut answer = Answer::ok(b"{\"a\":\"\\n\"}\n".to_vec()).with(header::LOCATION, location);
        answer.status = StatusCode::CREATED;
        let again = read(&written(&answer).unwrap()).unwrap();
        assert_eq!((again.status, &again.json), (answer.status, &answer.json));
        assert_eq!(again.headers.first(), answer.headers.first());
        assert!(again.headers.iter().any(|(name, _)| *name == REPLAYED));
        let nothing = read(&written(&Answer::ok(Vec::new())).unwrap()).unwrap();
        assert!(nothing.json.is_empty());
        assert_eq!(read(b"").err().map(|problem| problem.status().as_u16()), Some(500));
        answer.json = vec![b' '; MOST + 1];
        assert_eq!(written(&answer).unwrap_err().status(), 413);
    }
}
