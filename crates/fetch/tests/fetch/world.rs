//! What the tests share: resolvers with a will of their own, listeners that count, answers byte by byte.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use grantwell_fetch::testing::Peer;
use grantwell_fetch::{Fetched, Fetcher, Limits, Policy, Resolve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// Enough for every answer here that is meant to come.
pub(crate) const LIMITS: Limits = Limits::json(1024);

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Answers each question with the next of its answers, the last for ever.
#[derive(Debug)]
pub(crate) struct Turns {
    answers: Mutex<VecDeque<Vec<SocketAddr>>>,
    asked: AtomicUsize,
}

impl Turns {
    pub(crate) fn new(answers: impl IntoIterator<Item = Vec<SocketAddr>>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Turns {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

/// A listener that nobody may reach: it counts those who do.
pub(crate) struct Canary {
    pub(crate) address: SocketAddr,
    reached: Arc<AtomicUsize>,
}

impl Canary {
    pub(crate) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let reached = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reached);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, reached }
    }

    /// How many connections came. One of our own is made first, so that none before it can be missed.
    pub(crate) async fn reached(&self) -> usize {
        let before = self.reached.load(Ordering::SeqCst);
        tokio::net::TcpStream::connect(self.address).await.unwrap();
        while self.reached.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
        self.reached.load(Ordering::SeqCst) - 1
    }
}

/// How a scripted answer goes on after its bytes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Then {
    Close,
    Hang,
    /// The last bytes again, without end.
    Repeat,
}

/// A server that waits for the head of a request and then sends these bytes, chunk by chunk.
pub(crate) async fn scripted(chunks: &[&str], then: Then) -> Peer {
    let chunks: Vec<Vec<u8>> = chunks.iter().map(|chunk| chunk.as_bytes().to_vec()).collect();
    Peer::raw(&["a.example"], move |mut stream| {
        let chunks = chunks.clone();
        Box::pin(async move {
            let mut head = Vec::new();
            while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            for chunk in &chunks {
                if stream.write_all(chunk).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            match then {
                Then::Close => drop(stream.shutdown().await),
                Then::Hang => std::future::pending().await,
                Then::Repeat => {
                    let last = chunks.last().unwrap();
                    while stream.write_all(last).await.is_ok() {}
                }
            }
        })
    })
    .await
}

/// What a fetcher with short patience gets from that server.
pub(crate) async fn get_from(peer: &Peer) -> Result<Fetched, grantwell_fetch::FetchError> {
    let policy = Policy { timeout: Duration::from_millis(700), ..peer.policy() };
    Fetcher::new(policy).get(&url("https://a.example/x"), LIMITS).await
}
