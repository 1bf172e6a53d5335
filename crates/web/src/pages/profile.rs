//! One's own account: who one is, where one is signed in, and the way out.

mod about;
pub(crate) mod edit;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::time::Timestamp;
use pages::Message;
use pages::redirect::{LocalPath, see_other};
use serde::Serialize;
use store::StoredSession;

use super::{accept, open};
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// What the page shows.
#[derive(Serialize)]
struct Content {
    username: String,
    email: Option<String>,
    email_confirmed: bool,
    about: Vec<about::Shown>,
    role: &'static str,
    member_since: i64,
    password_changed_at: Option<i64>,
    sessions: Vec<Browser>,
    change_password: String,
    change_email: String,
    edit_profile: String,
    sign_out_everywhere: String,
}

/// One browser in which the person is signed in.
#[derive(Serialize)]
struct Browser {
    name: String,
    current: bool,
    since: i64,
    last_seen: i64,
}

/// `GET /accounts/profile/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let person = edit::load(&state, &opened).await?;
    let account = &person.account;
    let sessions = state.store.sessions().list(account.id).await?;
    let own = opened.visit.identity();
    let content = Content {
        username: account.username.to_string(),
        email: account.email.as_ref().map(ToString::to_string),
        email_confirmed: person.claims.email_verified,
        about: about::shown(&person.claims),
        role: match (account.superuser, account.staff) {
            (true, _) => "Administrator",
            (false, true) => "Staff",
            (false, false) => "Member",
        },
        member_since: account.created_at.as_millis(),
        password_changed_at: account.password_changed_at.map(Timestamp::as_millis),
        sessions: sessions.iter().map(|session| browser(session, own)).collect(),
        change_password: state.urls().change_password(),
        change_email: state.urls().change_email(),
        edit_profile: state.urls().edit_profile(),
        sign_out_everywhere: state.urls().sign_out_everywhere(),
    };
    let frame = opened.visit.frame(&state, &opened.parts)?;
    let answer = state.pages.respond(StatusCode::OK, "profile.html", &frame.page, content);
    Ok(frame.finish(answer))
}

/// `POST /accounts/logout/everywhere/`: every session, authorization and token of the person ends, this session too.
pub(crate) async fn sign_out_everywhere(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (mut opened, _) = accept(&state, request, &[]).await?;
    let user = opened.visit.person(&state, &opened.parts)?.id;
    state.store.users().sign_out_everywhere(user).await?;
    let (_, cookies) = opened.visit.end(&state).await?;
    tracing::info!(target: "audit", event = "signed_out_everywhere", %user);
    let told = Message::success("You are signed out everywhere, in every browser and application.");
    let flash = state.flash.set(&[told]).ok();
    let to = LocalPath::or(Some(&state.urls().sign_in()), "/");
    Ok(with_cookies(see_other(&to), cookies.into_iter().chain(flash)))
}

fn browser(session: &StoredSession, own: Option<&[u8]>) -> Browser {
    Browser {
        name: describe(&session.user_agent),
        current: own == Some(session.digest.as_slice()),
        since: session.session.created_at.as_millis(),
        last_seen: session.session.last_seen_at.as_millis(),
    }
}

/// A browser's description of itself in two words; it names its ancestors too, so the order matters.
fn describe(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
        ("Mozilla/", "A browser"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, _) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.14", "curl"),
            ("", "Unknown browser"),
            ("<script>", "Unknown browser"),
        ] {
            assert_eq!(describe(agent), expected);
        }
    }
}
