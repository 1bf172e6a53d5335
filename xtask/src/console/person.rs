//! The person of the tutorial with a browser that has no scripts: follows redirects on our server, signs in, allows what
//! is asked, and stops where the way leaves the server or a page asks nothing more.

use std::path::PathBuf;
use std::process::Command;

use crate::tools;

/// Who the person is: the name and the password of the tutorial.
const USERNAME: &str = "halfspring";
const PASSWORD: &str = "1234abcd";

/// The most pages on one way.
const PAGES: usize = 12;

/// A person before a browser; its cookies live as long as the folder.
#[derive(Debug)]
pub(super) struct Person {
    folder: PathBuf,
    server: String,
    has_account: bool,
}

/// What a page answered.
struct Shown {
    status: String,
    leads_to: String,
    html: String,
}

impl Person {
    /// Somebody who looks at the server on `port` and keeps cookies in `folder`.
    pub(super) fn new(folder: PathBuf, port: u16) -> Self {
        Self { folder, server: format!("http://127.0.0.1:{port}"), has_account: false }
    }

    /// Open an address and do what its pages ask. Gives the address to which the way leaves the server, or else the
    /// heading of the page at its end.
    pub(super) fn open(&mut self, address: &str) -> Result<String, String> {
        self.make_account()?;
        let mut shown = self.send(address, &[])?;
        for _ in 0..PAGES {
            if !shown.leads_to.is_empty() {
                if !shown.leads_to.starts_with(&self.server) {
                    return Ok(shown.leads_to);
                }
                let next = shown.leads_to.clone();
                shown = self.send(&next, &[])?;
                continue;
            }
            if shown.status != "200" {
                return Err(format!(
                    "{address} leads to a page with status {}: {}",
                    shown.status, shown.html
                ));
            }
            let Some((action, fields)) = form(&shown.html) else {
                let heading =
                    between(&shown.html, "<h1", "</h1>").and_then(|h1| h1.split_once('>'));
                return Ok(heading.map(|(_, text)| unescape(text.trim())).unwrap_or_default());
            };
            let action =
                if action.starts_with('/') { format!("{}{action}", self.server) } else { action };
            shown = self.send(&action, &filled_in(fields))?;
        }
        Err(format!("{address} leads over more than {PAGES} pages"))
    }

    /// The account of the tutorial, unless the page made it already.
    fn make_account(&mut self) -> Result<(), String> {
        if !self.has_account {
            let mut curl = Command::new("curl");
            curl.args(["-s", "-o", "/dev/null", "--data-urlencode"]);
            curl.arg(format!("username={USERNAME}"))
                .arg("--data-urlencode")
                .arg(format!("password={PASSWORD}"));
            tools::ask(curl.arg(format!("{}/authentication/register/", self.server)))?;
            self.has_account = true;
        }
        Ok(())
    }

    fn send(&self, address: &str, fields: &[(String, String)]) -> Result<Shown, String> {
        let mut curl = Command::new("curl");
        curl.args([
            "-s",
            "-o",
            "page.html",
            "-b",
            "cookies.txt",
            "-c",
            "cookies.txt",
            "-H",
            "accept: text/html",
        ])
        .args(["-w", "%{http_code}\n%{redirect_url}"])
        .current_dir(&self.folder);
        if !fields.is_empty() {
            curl.args(["-H", &format!("origin: {}", self.server)]);
        }
        for (name, value) in fields {
            curl.arg("--data-urlencode").arg(format!("{name}={value}"));
        }
        let told = tools::ask(curl.arg(address))?;
        let (status, leads_to) = told.split_once('\n').unwrap_or((&told, ""));
        let html = std::fs::read_to_string(self.folder.join("page.html")).unwrap_or_default();
        Ok(Shown { status: status.to_owned(), leads_to: leads_to.trim().to_owned(), html })
    }
}

/// The name and password where they are asked for, and "allow" everywhere else.
fn filled_in(fields: Vec<(String, String)>) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let signs_in = fields.iter().any(|(name, _)| name == "password");
    let mut fields: Vec<_> = fields
        .into_iter()
        .filter(|(name, _)| name != "password" && (!signs_in || name != "username"))
        .collect();
    if signs_in {
        fields.extend([pair("username", USERNAME), pair("password", PASSWORD)]);
    } else {
        fields.push(pair("allow", "allow"));
    }
    fields
}

/// Where a page's form goes and what it holds already; the form for signing out, which every page has, does not count.
fn form(html: &str) -> Option<(String, Vec<(String, String)>)> {
    let mut forms = html.split("<form").skip(1).filter_map(|form| form.split_once("</form>"));
    let (action, inside) = forms.find_map(|(form, _)| {
        let (head, inside) = form.split_once('>')?;
        let action = unescape(attribute(head, "action")?);
        let wanted =
            attribute(head, "method") == Some("post") && !action.contains("/accounts/logout/");
        wanted.then_some((action, inside))
    })?;
    let inputs = inside.split("<input").skip(1).filter_map(|input| input.split_once('>'));
    let fields = inputs.filter_map(|(input, _)| {
        let unchecked = attribute(input, "type") == Some("checkbox") && !input.contains("checked");
        let value = unescape(attribute(input, "value").unwrap_or_default());
        (!unchecked).then_some((attribute(input, "name")?.to_owned(), value))
    });
    Some((action, fields.collect()))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    between(tag, &format!(" {name}=\""), "\"")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn unescape(text: &str) -> String {
    [
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_would_send_it() {
        let page = "<form method=\"post\" action=\"/accounts/logout/\"></form>\n\
            <form class=\"a\" method=\"post\" action=\"/x/?a=1&amp;b=2\">\n\
            <input type=\"hidden\" name=\"csrf\" value=\"t&quot;\"><input type=\"checkbox\" name=\"no\" value=\"1\">\n\
            <input type=\"checkbox\" name=\"yes\" value=\"1\" checked></form>";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = vec![pair("csrf", "t\""), pair("yes", "1")];
        assert_eq!(form(page), Some(("/x/?a=1&b=2".to_owned(), fields.clone())));
        assert_eq!(filled_in(fields).last(), Some(&pair("allow", "allow")));
        assert_eq!(form("<form method=\"get\" action=\"/search/\"></form>"), None);
        let signs_in = filled_in(vec![pair("username", ""), pair("password", "")]);
        assert_eq!(signs_in, [pair("username", USERNAME), pair("password", PASSWORD)]);
    }
}
