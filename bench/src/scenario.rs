//! The scenarios: what is asked of Grantwell, and of the bare handler that does the same database work.

use bytes::Bytes;
use serde_json::Value;

use crate::Outcome;
use crate::load::{self, Call, Caller};
use crate::subject::{self, FORM, JSON, Kind, Subject};

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// What it does, in words.
    pub(crate) about: &'static str,
    ask: Ask,
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    List,
    Get,
    Create,
    ClientCredentials,
    Introspect,
    Password,
    Refresh,
}

/// All of them, in the order of the table.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "get one",
        about: "`GET /v1/unicorn/{id}/` with a bearer token, beside a handler without authentication",
        ask: Ask::Get,
    },
    Scenario {
        name: "list 20",
        about: "`GET /v1/unicorn/?page_size=20` with a total, beside a select and a count",
        ask: Ask::List,
    },
    Scenario {
        name: "create",
        about: "`POST /v1/unicorn/` with JSON, beside one insert",
        ask: Ask::Create,
    },
    Scenario {
        name: "client_credentials",
        about: "`POST /o/token/`, beside axum's hello",
        ask: Ask::ClientCredentials,
    },
    Scenario {
        name: "introspect",
        about: "`POST /o/introspect/` of a sealed token, beside axum's hello",
        ask: Ask::Introspect,
    },
    Scenario {
        name: "refresh chain",
        about: "`POST /authentication/token/refresh/`, each with the token of the last answer, beside one update of one row",
        ask: Ask::Refresh,
    },
    Scenario {
        name: "password",
        about: "`POST /authentication/token/`, beside a select, one argon2id of the same cost on a blocking thread, and one insert",
        ask: Ask::Password,
    },
];

impl Scenario {
    /// One caller for each connection.
    pub(crate) async fn callers(
        &self,
        subject: &Subject,
        connections: usize,
    ) -> Outcome<Vec<Caller>> {
        let mut callers = Vec::with_capacity(connections);
        for number in 0..connections {
            callers.push(match subject.kind() {
                Kind::Bare => bare(self.ask, number),
                Kind::Grantwell => ours(self.ask, subject, number).await?,
            });
        }
        Ok(callers)
    }
}

fn bare(ask: Ask, number: usize) -> Caller {
    let mut id = number;
    Box::new(move |_| {
        id = id % 1000 + 1;
        match ask {
            Ask::List => Call::get("/unicorn?limit=20".to_owned(), None),
            Ask::Get => Call::get(format!("/unicorn/{id}"), None),
            Ask::Create => Call::post("/unicorn", None, (JSON, unicorn(id))),
            Ask::ClientCredentials | Ask::Introspect => Call::get("/hello".to_owned(), None),
            Ask::Password => Call::post("/password", None, subject::credentials(number)),
            Ask::Refresh => Call::post("/refresh", None, (FORM, format!("id={}", number + 1))),
        }
    })
}

async fn ours(ask: Ask, subject: &Subject, number: usize) -> Outcome<Caller> {
    let bearer = Some(format!("Bearer {}", subject.access_token()));
    let basic = Some(subject.basic());
    if let Ask::Refresh = ask {
        let (_, first) = load::once(subject.address(), &sign_in(number)).await?;
        let mut token = refresh_token(&first).ok_or("signing in gave no refresh token")?;
        return Ok(Box::new(move |last| {
            if let Some(next) = last.and_then(refresh_token) {
                token = next;
            }
            Call::post(
                "/authentication/token/refresh/",
                None,
                (FORM, format!("refresh_token={token}")),
            )
        }));
    }
    let introspected = format!("token={}", subject.client_token());
    let mut id = number;
    Ok(Box::new(move |_| {
        id = id % 1000 + 1;
        match ask {
            Ask::List => Call::get("/v1/unicorn/?page_size=20".to_owned(), bearer.clone()),
            Ask::Get => Call::get(format!("/v1/unicorn/{id}/"), bearer.clone()),
            Ask::Create => Call::post("/v1/unicorn/", bearer.clone(), (JSON, unicorn(id))),
            Ask::ClientCredentials => Call::post(
                "/o/token/",
                basic.clone(),
                (FORM, "grant_type=client_credentials".to_owned()),
            ),
            Ask::Introspect => {
                Call::post("/o/introspect/", basic.clone(), (FORM, introspected.clone()))
            }
            Ask::Password | Ask::Refresh => sign_in(number),
        }
    }))
}

fn sign_in(number: usize) -> Call {
    Call::post("/authentication/token/", None, subject::credentials(number))
}

fn unicorn(id: usize) -> String {
    format!("{{\"name\":\"unicorn {id}\",\"age\":{}}}", id % 90)
}

fn refresh_token(answer: &Bytes) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer.get("refresh_token")?.as_str().map(str::to_owned)
}
