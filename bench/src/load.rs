//! Keeps a number of connections busy for a time and counts: answers, failures, latencies.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Outcome;

/// One request to send.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    /// The `Authorization` header.
    pub(crate) authorization: Option<String>,
    /// The `Cookie` header; a form that has one is posted as from a page of the server's own.
    pub(crate) cookie: Option<String>,
    /// The content type and the body.
    pub(crate) body: Option<(&'static str, String)>,
}

impl Call {
    /// A `GET`.
    pub(crate) fn get(path: String, authorization: Option<String>) -> Self {
        Self { method: Method::GET, path, authorization, cookie: None, body: None }
    }

    /// A `POST`.
    pub(crate) fn post(
        path: &str,
        authorization: Option<String>,
        body: (&'static str, String),
    ) -> Self {
        Self {
            method: Method::POST,
            path: path.to_owned(),
            authorization,
            cookie: None,
            body: Some(body),
        }
    }

    /// The same with cookies.
    pub(crate) fn with_cookie(self, cookie: String) -> Self {
        Self { cookie: Some(cookie), ..self }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The cookies that it sets, as they are sent back.
    pub(crate) cookies: Vec<String>,
    /// Where it leads.
    pub(crate) location: Option<String>,
    /// The body.
    pub(crate) body: Bytes,
}

impl Answer {
    async fn read(answer: Response<Incoming>) -> Outcome<Self> {
        let status = answer.status().as_u16();
        let texts =
            |name| answer.headers().get_all(name).iter().filter_map(|text| text.to_str().ok());
        let cookie = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
        let cookies = texts(header::SET_COOKIE).map(cookie).collect();
        let location = texts(header::LOCATION).next().map(str::to_owned);
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Self { status, cookies, location, body })
    }

    /// The code with which it leads back to a client.
    pub(crate) fn code(&self) -> Option<&str> {
        self.location.as_deref()?.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="))
    }
}

/// What one connection asks next; it sees the last answer if that was a good one, because a refresh chain needs it.
pub(crate) type Caller = Box<dyn FnMut(Option<&Answer>) -> Call + Send>;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// Answers with a status below 400.
    pub(crate) answered: u64,
    /// All others.
    pub(crate) failed: u64,
    /// How long it ran, in seconds.
    pub(crate) seconds: f64,
    /// Each answer's latency in microseconds, sorted.
    pub(crate) latencies: Vec<u32>,
}

impl Measured {
    /// Put several turns together.
    pub(crate) fn sum(turns: Vec<Self>) -> Self {
        let mut whole = turns.into_iter().fold(Self::default(), |mut whole, turn| {
            whole.answered += turn.answered;
            whole.failed += turn.failed;
            whole.seconds += turn.seconds;
            whole.latencies.extend(turn.latencies);
            whole
        });
        whole.latencies.sort_unstable();
        whole
    }

    /// Answers per second.
    #[expect(clippy::cast_precision_loss, reason = "counts of a few million")]
    pub(crate) fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.answered as f64 / self.seconds } else { 0.0 }
    }

    /// The latency, in milliseconds, that this share of the answers (in percent) stayed under.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let at = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    }
}

/// Run every caller on a connection of its own for `length`.
pub(crate) async fn run(
    address: SocketAddr,
    callers: Vec<Caller>,
    length: Duration,
) -> Outcome<Measured> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in callers {
        tasks.spawn(connection(address, caller, begun + length));
    }
    let mut turns = Vec::new();
    while let Some(turn) = tasks.join_next().await {
        turns.push(turn??);
    }
    let mut whole = Measured::sum(turns);
    whole.seconds = begun.elapsed().as_secs_f64();
    Ok(whole)
}

/// Send one call on a connection of its own.
pub(crate) async fn once(address: SocketAddr, call: &Call) -> Outcome<Answer> {
    let mut sender = connect(address).await?;
    Answer::read(sender.send_request(request(call)?).await?).await
}

/// Send one call and count the lines of its answer, of which no more is kept than what has just come.
pub(crate) async fn lines(address: SocketAddr, call: &Call) -> Outcome<usize> {
    let mut sender = connect(address).await?;
    let mut answer = sender.send_request(request(call)?).await?;
    let mut lines = 0;
    while let Some(frame) = answer.frame().await {
        if let Ok(data) = frame?.into_data() {
            lines += data.split(|byte| *byte == b'\n').count().saturating_sub(1);
        }
    }
    Ok(lines)
}

async fn connection(address: SocketAddr, mut caller: Caller, end: Instant) -> Outcome<Measured> {
    let mut sender = connect(address).await?;
    let mut measured = Measured::default();
    let mut last: Option<Answer> = None;
    while Instant::now() < end {
        let call = caller(last.as_ref());
        let begun = Instant::now();
        let answer = Answer::read(sender.send_request(request(&call)?).await?).await?;
        let good = answer.status < 400;
        measured.latencies.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
        if good {
            measured.answered += 1;
        } else {
            measured.failed += 1;
        }
        last = good.then_some(answer);
    }
    Ok(measured)
}

async fn connect(
    address: SocketAddr,
) -> Outcome<hyper::client::conn::http1::SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

fn request(call: &Call) -> Outcome<Request<Full<Bytes>>> {
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(&call.path)
        .header(header::HOST, "127.0.0.1")
        .header(header::ACCEPT, "application/json");
    if let Some(authorization) = &call.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    if let Some(cookie) = &call.cookie {
        request = request.header(header::COOKIE, cookie).header("sec-fetch-site", "same-origin");
    }
    let body = match &call.body {
        Some((kind, body)) => {
            request = request.header(header::CONTENT_TYPE, *kind);
            Bytes::copy_from_slice(body.as_bytes())
        }
        None => Bytes::new(),
    };
    Ok(request.body(Full::new(body))?)
}
