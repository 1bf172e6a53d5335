//! What the `claims` parameter is read as is stored and read back the same, within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::claims::{ClaimsRequest, Granted, PersonClaims, Place, release};
use oauth::scope::ScopeSet;

fuzz_target!(|text: &str| {
    let Ok(request) = ClaimsRequest::parse(text) else { return };
    assert!(text.len() <= ClaimsRequest::MAX_BYTES);
    let again = ClaimsRequest::parse(&request.to_json());
    assert_eq!(again.as_ref(), Ok(&request));
    for section in [&request.userinfo, &request.id_token] {
        assert!(section.len() <= ClaimsRequest::MAX_CLAIMS);
    }
    let _ = (request.acr(), request.needs_auth_time(), request.admits_subject("jane"));
    let _ = request.beyond(&ScopeSet::empty());
    let person = PersonClaims { name: Some("Half".into()), ..PersonClaims::default() };
    let scope = ScopeSet::parse("openid").expect("a scope");
    for place in [Place::UserInfo, Place::IdToken] {
        let told = release(&person, Granted { scope: &scope, claims: &request }, place);
        assert!(told.keys().all(|name| name == "name"));
    }
});
