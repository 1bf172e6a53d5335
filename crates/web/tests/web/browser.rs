//! A browser as far as the pages need one: it keeps cookies, sends forms from the page it is on, follows no redirect.

use std::collections::BTreeMap;

use axum::body::Body;
use http::Request;

use crate::world::{Answer, PASSWORD, World, encode};

/// What a browser sends with each page.
pub(crate) const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// One browser.
#[derive(Clone)]
pub(crate) struct Browser {
    world: World,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: String,
}

impl Browser {
    pub(crate) fn new(world: &World) -> Self {
        Self { world: world.clone(), cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// A browser in which this user is signed in.
    pub(crate) async fn signed_in(world: &World, username: &str) -> Self {
        let mut browser = Self::new(world);
        browser.get("/accounts/login/").await;
        let answer = browser.sign_in(username, PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser.get("/accounts/profile/").await;
        browser
    }

    pub(crate) async fn sign_in(&mut self, username: &str, password: &str) -> Answer {
        self.submit("/accounts/login/", &[("username", username), ("password", password)]).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Request::get(path)).body(Body::empty()).unwrap();
        let answer = self.world.send(request).await;
        self.keep(&answer);
        answer
    }

    /// Send a form with the token of the last page.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", &csrf));
        self.submit_raw(path, &fields, &[]).await
    }

    /// Send a form exactly as given.
    pub(crate) async fn submit_raw(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.request(Request::post(path));
        request = request.header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.world.send(request.body(Body::from(encode(fields))).unwrap()).await;
        self.keep(&answer);
        answer
    }

    /// The same browser before another node.
    pub(crate) fn on(&self, world: &World) -> Self {
        Self { world: world.clone(), ..self.clone() }
    }

    pub(crate) fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-grantwell_session")
    }

    fn request(&self, builder: http::request::Builder) -> http::request::Builder {
        let pairs: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let builder = builder.header("accept", ACCEPT).header("host", "auth.example");
        if pairs.is_empty() { builder } else { builder.header("cookie", pairs.join("; ")) }
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let reach = if text.starts_with("__Host-grantwell_browser_state=") {
                "; Path=/; SameSite=None; Secure"
            } else {
                "; Path=/; HttpOnly; SameSite=Lax; Secure"
            };
            assert!(text.contains(reach), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{text}");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(token) = csrf_of(&answer.body) {
            self.csrf = token;
        }
    }
}

/// The token in the last form of a page.
pub(crate) fn csrf_of(page: &str) -> Option<String> {
    let rest = page
        .rsplit("name=\"csrf_token\" value=\"")
        .next()
        .filter(|rest| rest.len() < page.len())?;
    rest.split('"').next().map(str::to_owned)
}
