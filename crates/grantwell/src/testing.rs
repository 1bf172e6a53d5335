//! What tests of a project stand on: the whole project in the test's own process, with or without a port.
//!
//! [`InProcess`] answers requests without a port, for any user and any scopes, under a clock that the test moves:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> grantwell::Result<()> {
//! let app = grantwell::testing::InProcess::start(grantwell::Project::new("unicorn")).await?;
//! let answer = app.as_user("ann").scopes("read").get("/livez").await;
//! assert_eq!(answer.status, 200);
//! # Ok(())
//! # }
//! ```
//!
//! [`FakeAuthorizationServer`] stands in for an authorization server elsewhere: for resource servers that stand alone, and for
//! clients. It can be told to lose an answer, to rotate its keys, to disagree about the time.
//!
//! [`Server`] listens on a free port, for tests with a browser or with clients that bring their own HTTP:
//!
//! ```no_run
//! # async fn example() -> grantwell::Result<()> {
//! let server = grantwell::testing::Server::start(grantwell::Project::new("unicorn")).await?;
//! let url = server.url("/livez");
//! # let _ = url;
//! server.stop().await;
//! # Ok(())
//! # }
//! ```

mod fake;
mod in_process;
mod server;

/// The body of a request, for [`Caller::send`].
pub use axum::body::Body;
pub use fake::{FakeAuthorizationServer, FakeToken, Fault};
pub use in_process::{Answer, Caller, InProcess};
pub use server::Server;
