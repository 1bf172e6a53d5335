//! Which names this server answers to, so that nobody can make it build links with a name of their own.

use http::request::Parts;
use url::{Host, Url};

use crate::settings::Server;

/// The names that every machine calls itself. A page elsewhere cannot make a browser send them with its own data.
const LOOPBACK: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];

/// The names this server answers to.
#[derive(Clone, Debug)]
pub struct Hosts {
    any: bool,
    exact: Vec<String>,
    below: Vec<String>,
}

impl Hosts {
    /// The names of the settings, given the public address in force.
    pub fn of(settings: &Server, public_url: &Url) -> Self {
        let mut hosts = Self { any: settings.allow_any_host, exact: Vec::new(), below: Vec::new() };
        if let Some(host) = public_url.host_str() {
            hosts.exact.push(host.to_ascii_lowercase());
        }
        if is_loopback(public_url) {
            hosts.exact.extend(LOOPBACK.map(str::to_owned));
        }
        for name in &settings.allowed_hosts {
            let name = name.to_ascii_lowercase();
            if name.starts_with('.') {
                hosts.below.push(name);
            } else {
                hosts.exact.push(name);
            }
        }
        hosts
    }

    /// Whether a request is meant for this server.
    pub fn admits(&self, parts: &Parts) -> bool {
        self.any || asked_host(parts).is_some_and(|host| self.admits_name(&host))
    }

    fn admits_name(&self, host: &str) -> bool {
        let below = |suffix: &String| host.len() > suffix.len() && host.ends_with(suffix.as_str());
        self.exact.iter().any(|name| name == host) || self.below.iter().any(below)
    }
}

/// Whether an address is on this machine, or on every interface of it.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

/// The host that was asked for, lower case and without its port: of the request line (RFC 9112 §3.2.2) or of the one
/// `Host` header. Two of them, or none, is nobody.
pub(crate) fn asked_host(parts: &Parts) -> Option<String> {
    let text = if let Some(authority) = parts.uri.authority() {
        authority.as_str()
    } else {
        let mut all = parts.headers.get_all(http::header::HOST).iter();
        let (first, None) = (all.next()?, all.next()) else { return None };
        first.to_str().ok()?
    };
    let end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(end);
    let port_is_sane = port.is_empty()
        || port.strip_prefix(':').is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    (port_is_sane && !host.is_empty()).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(uri: &str, hosts: &[&str]) -> Parts {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header("host", *host);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_the_names_of_the_settings_are_admitted() {
        let settings = Server {
            allowed_hosts: vec!["Api.example.org".into(), ".inside.example".into()],
            ..Server::default()
        };
        let hosts = Hosts::of(&settings, &Url::parse("https://id.example.org").unwrap());
        for (host, admitted) in [
            ("id.example.org", true),
            ("ID.example.org:443", true),
            ("api.example.org", true),
            ("a.inside.example", true),
            ("inside.example", false),
            (".inside.example", false),
            ("evil.example", false),
            ("id.example.org.evil.example", false),
            ("localhost", false),
            ("id.example.org@evil.example", false),
            ("id.example.org:evil", false),
            ("", false),
        ] {
            assert_eq!(hosts.admits(&parts("/", &[host])), admitted, "{host}");
        }
        assert!(!hosts.admits(&parts("/", &["id.example.org", "evil.example"])), "two names");
        assert!(!hosts.admits(&parts("/", &[])), "no name");
        assert!(
            hosts.admits(&parts("http://id.example.org/x", &["evil.example"])),
            "the request line counts"
        );
    }

    #[test]
    fn a_server_on_this_machine_answers_to_its_loopback_names() {
        for public in [
            "http://127.0.0.1:8000",
            "http://localhost:8000",
            "http://0.0.0.0:8000",
            "http://[::1]:8000",
        ] {
            let hosts = Hosts::of(&Server::default(), &Url::parse(public).unwrap());
            for host in ["localhost:8000", "127.0.0.1:8000", "0.0.0.0:8000", "[::1]:8000"] {
                assert!(hosts.admits(&parts("/", &[host])), "{public} {host}");
            }
            assert!(!hosts.admits(&parts("/", &["evil.example"])));
        }
    }

    #[test]
    fn any_host_has_to_be_asked_for() {
        let settings = Server { allow_any_host: true, ..Server::default() };
        let hosts = Hosts::of(&settings, &Url::parse("https://id.example.org").unwrap());
        assert!(hosts.admits(&parts("/", &["whatever.example"])));
    }
}
