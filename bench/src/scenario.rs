//! The scenarios: what is asked of Grantwell, and of the bare handler that does the same database work.

use serde_json::Value;

use crate::Outcome;
use crate::load::{self, Answer, Call, Caller};
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
    Thousand,
    Create,
    ClientCredentials,
    JwtIssue,
    JwtCheck,
    Introspect,
    UserInfo,
    CodeFlow,
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
        name: "1,000 rows",
        about: "`GET /v1/unicorn/?format=ndjson`, read and written in batches, beside a select of a thousand rows and a count",
        ask: Ask::Thousand,
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
        name: "JWT issue",
        about: "`POST /o/token/` by a client whose access tokens are JWTs (RS256), beside signing one by hand",
        ask: Ask::JwtIssue,
    },
    Scenario {
        name: "JWT check",
        about: "`GET /v1/unicorn/{id}/` with such a token, beside checking signature, end and scope by hand and one select",
        ask: Ask::JwtCheck,
    },
    Scenario {
        name: "introspect",
        about: "`POST /o/introspect/` of a sealed token, beside axum's hello",
        ask: Ask::Introspect,
    },
    Scenario {
        name: "userinfo",
        about: "`GET /o/userinfo/`, beside two selects by key: what was allowed, and who the person is",
        ask: Ask::UserInfo,
    },
    Scenario {
        name: "code flow",
        about: "`GET /o/authorize/` of somebody who is signed in and `POST /o/token/` with the code, in turns, beside a select and an insert, and a select and an update",
        ask: Ask::CodeFlow,
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
                Kind::Bare => bare(self.ask, subject, number),
                Kind::Grantwell => ours(self.ask, subject, number).await?,
            });
        }
        Ok(callers)
    }
}

fn bare(ask: Ask, subject: &Subject, number: usize) -> Caller {
    let mut id = number;
    let jwt = Some(format!("Bearer {}", subject.jwt()));
    Box::new(move |last| {
        id = id % 1000 + 1;
        match ask {
            Ask::List => Call::get("/unicorn?limit=20".to_owned(), None),
            Ask::Get => Call::get(format!("/unicorn/{id}"), None),
            Ask::Thousand => Call::get("/unicorn?limit=1000".to_owned(), None),
            Ask::Create => Call::post("/unicorn", None, (JSON, unicorn(id))),
            Ask::ClientCredentials | Ask::Introspect => Call::get("/hello".to_owned(), None),
            Ask::JwtIssue => Call::post("/jwt", None, (FORM, String::new())),
            Ask::JwtCheck => Call::get(format!("/checked/{id}"), jwt.clone()),
            Ask::UserInfo => Call::get(format!("/userinfo/{}", number % 64 + 1), None),
            Ask::CodeFlow => match last.and_then(Answer::code) {
                Some(code) => Call::post("/code", None, (FORM, format!("id={code}"))),
                None => Call::get(format!("/authorize?id={}", number % 64 + 1), None),
            },
            Ask::Password => Call::post("/password", None, subject::credentials(number)),
            Ask::Refresh => Call::post("/refresh", None, (FORM, format!("id={}", number + 1))),
        }
    })
}

async fn ours(ask: Ask, subject: &Subject, number: usize) -> Outcome<Caller> {
    let bearer = Some(format!("Bearer {}", subject.access_token()));
    let basic = Some(subject.basic());
    if let Ask::Refresh = ask {
        let first = load::once(subject.address(), &sign_in(number)).await?;
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
    let jwt_client = Some(subject.jwt_client().to_owned());
    let jwt = Some(format!("Bearer {}", subject.jwt()));
    let openid = Some(format!("Bearer {}", subject.openid_token()));
    let authorize = subject.authorize(number, "read");
    let introspected = format!("token={}", subject.client_token());
    let mut id = number;
    Ok(Box::new(move |last| {
        id = id % 1000 + 1;
        match ask {
            Ask::List => Call::get("/v1/unicorn/?page_size=20".to_owned(), bearer.clone()),
            Ask::Get => Call::get(format!("/v1/unicorn/{id}/"), bearer.clone()),
            Ask::Thousand => Call::get("/v1/unicorn/?format=ndjson".to_owned(), bearer.clone()),
            Ask::Create => Call::post("/v1/unicorn/", bearer.clone(), (JSON, unicorn(id))),
            Ask::ClientCredentials => client_credentials(basic.clone()),
            Ask::JwtIssue => client_credentials(jwt_client.clone()),
            Ask::JwtCheck => Call::get(format!("/v1/unicorn/{id}/"), jwt.clone()),
            Ask::UserInfo => Call::get("/o/userinfo/".to_owned(), openid.clone()),
            Ask::CodeFlow => match last.and_then(Answer::code) {
                Some(code) => subject::exchange(basic.as_deref().unwrap_or_default(), code),
                None => authorize.clone(),
            },
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

fn client_credentials(authorization: Option<String>) -> Call {
    let grant = (FORM, "grant_type=client_credentials&scope=read".to_owned());
    Call::post("/o/token/", authorization, grant)
}

fn unicorn(id: usize) -> String {
    format!("{{\"name\":\"unicorn {id}\",\"age\":{}}}", id % 90)
}

fn refresh_token(answer: &Answer) -> Option<String> {
    let answer: Value = serde_json::from_slice(&answer.body).ok()?;
    answer.get("refresh_token")?.as_str().map(str::to_owned)
}
