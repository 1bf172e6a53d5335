//! Fuzz target: what the way out reads: a URL, an address, the headers of an answer.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use fetch::{ExtraRoots, Fetcher, Freshness, essence, special_use};
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

thread_local! {
    static FETCHER: Fetcher = Fetcher::default();
}

fuzz_target!(|data: &[u8]| {
    headers(data);
    let _ = ExtraRoots::parse(data);
    if let Ok(bytes) = <[u8; 4]>::try_from(data) {
        let address = Ipv4Addr::from(bytes);
        // Behind a mapped address stands the address itself.
        assert_eq!(special_use(address.into()), special_use(address.to_ipv6_mapped().into()));
    }
    if let Ok(bytes) = <[u8; 16]>::try_from(data) {
        let address = Ipv6Addr::from(bytes);
        let inside = address.to_ipv4_mapped().is_some() || address.segments()[0] == 0x64;
        let public = special_use(address.into()).is_none();
        assert!(!public || inside || address.segments()[0] >> 13 == 1, "{address}");
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(essence) = essence(text) {
        assert!(essence.is_ascii() && essence.len() <= text.len());
    }
    let Ok(url) = Url::parse(text) else { return };
    let admitted = FETCHER.with(|fetcher| fetcher.admits(&url)).is_ok();
    let special = match url.host() {
        Some(Host::Ipv4(address)) => special_use(IpAddr::V4(address)).is_some(),
        Some(Host::Ipv6(address)) => special_use(IpAddr::V6(address)).is_some(),
        Some(Host::Domain(_)) => false,
        None => true,
    };
    let bare = url.username().is_empty() && url.password().is_none();
    assert!(!admitted || (url.scheme() == "https" && bare && !special), "{url}");
});

fn headers(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [header::CACHE_CONTROL, header::AGE, header::EXPIRES, header::DATE] {
        let Some(Ok(value)) = lines.next().map(HeaderValue::from_bytes) else { return };
        headers.append(name, value);
    }
    if let Freshness::For(span) = Freshness::of(&headers) {
        assert!(span > Duration::ZERO && span.as_secs() <= 1 << 31);
    }
}
