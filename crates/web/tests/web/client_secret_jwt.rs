//! Clients that prove that they know their secret without sending it (`client_secret_jwt`, OpenID Connect Core §9): over HTTP at
//! every endpoint.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{MacAlgorithm, mac};
use oauth::client::{AuthMethod, Client, Origin};
use oauth::client_assertion::TYPE;
use serde_json::{Value, json};

use crate::authorize::CHALLENGE;
use crate::signer::{Algorithm, Signer};
use crate::world::{Answer, CALLBACK, World, on_both, on_both_with};

const NOW: i64 = 1_800_000_000;
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A client with this method; its secret.
async fn registered(world: &World, id: &str, change: impl FnOnce(&mut Client)) -> String {
    let make = |client: &mut Client| {
        client.auth_method = AuthMethod::ClientSecretJwt;
        client.metadata.origin = Origin::Operator;
        change(client);
    };
    world.site(id, make).await
}

fn assertion(algorithm: MacAlgorithm, secret: &str, claims: &Value) -> String {
    mac::sign(None, algorithm, secret.as_bytes(), claims.to_string().as_bytes()).unwrap()
}

async fn send(world: &World, path: &str, assertion: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("client_assertion_type", TYPE), ("client_assertion", assertion)];
    fields.extend(more);
    world.post(path, &fields).await
}

/// R7523-3-b, ROIDC-9-a
#[tokio::test]
async fn it_opens_every_endpoint_once() {
    on_both(|world| async move {
        let secret = registered(&world, "site", |_| ()).await;
        let fresh = |id: &str| {
            let claims = Signer::claims("site", id, NOW);
            assertion(MacAlgorithm::Hs256, &secret, &claims)
        };
        let one = fresh("one");
        let tokens = send(&world, "/o/token/", &one, &[GRANT]).await.tokens();
        let again = send(&world, "/o/token/", &one, &[GRANT]).await;
        assert_eq!(again.refusal(), "401 invalid_client");
        let token = [("token", tokens.access.as_str())];
        let seen = send(&world, "/o/introspect/", &fresh("two"), &token).await;
        assert_eq!(seen.json()["active"], true, "{seen:?}");
        let pushed = [
            ("response_type", "code"),
            ("client_id", "site"),
            ("redirect_uri", CALLBACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        assert_eq!(send(&world, "/o/par/", &fresh("three"), &pushed).await.status, 201);
        let started = send(&world, "/o/device-authorization/", &fresh("four"), &[]).await;
        assert_eq!(started.status, 200, "{started:?}");
        assert_eq!(send(&world, "/o/revoke_token/", &fresh("five"), &token).await.status, 200);
        let race = fresh("race");
        let ask = || send(&world, "/o/token/", &race, &[GRANT]);
        let both = tokio::join!(ask(), ask());
        let statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        assert!(statuses == [200, 401] || statuses == [401, 200], "{statuses:?}");
    })
    .await;
}

/// ROIDC-9-a, R7523-3-c: no method stands in for another, no kind of key for another, no algorithm for the registered one; outside
/// every failure looks the same.
#[tokio::test]
async fn no_key_and_no_method_stands_in_for_another() {
    on_both(|world| async move {
        let signer = Signer::new(Algorithm::Es256, 1);
        let secret = registered(&world, "site", |_| ()).await;
        let only = |client: &mut Client| {
            client.metadata.token_endpoint_auth_signing_alg = Some("HS512".to_owned());
        };
        let only_secret = registered(&world, "only", only).await;
        let with_keys = |client: &mut Client| client.metadata.jwks = Some(signer.jwks());
        let both_secret = registered(&world, "both", with_keys).await;
        world.site("signs", |client| signer.register(client)).await;
        let plain_secret = world.site("plain", |_| ()).await;
        let off_secret = registered(&world, "off", |_| ()).await;
        let off = world.store.client(&"off".parse().unwrap()).await.unwrap().unwrap();
        world.store.applications().disable(off.id).await.unwrap();

        let claims = |client: &str| Signer::claims(client, "x", NOW);
        let hs256 =
            |client: &str, secret: &str| assertion(MacAlgorithm::Hs256, secret, &claims(client));
        let public = signer.jwks().to_string();
        let key = signer.jwks()["keys"][0].to_string();
        let mut texts = Vec::new();
        for (what, text) in [
            ("another's secret", hs256("site", &only_secret)),
            ("another algorithm", hs256("only", &only_secret)),
            ("a signature of its own key", signer.sign(None, &claims("both"))),
            ("the secret of a client that sends it", hs256("plain", &plain_secret)),
            ("the public key of a client that signs", hs256("signs", &key)),
            ("its whole set", hs256("signs", &public)),
            ("its own public key", hs256("both", &key)),
            ("a client that is off", hs256("off", &off_secret)),
            ("nobody", hs256("nobody", &secret)),
        ] {
            let answer = send(&world, "/o/token/", &text, &[GRANT]).await;
            assert_eq!(answer.refusal(), "401 invalid_client", "{what}");
            texts.push(answer.body);
        }
        let sent = [GRANT, ("client_id", "site"), ("client_secret", secret.as_str())];
        let sent = world.post("/o/token/", &sent).await;
        assert_eq!(sent.refusal(), "401 invalid_client", "the secret itself is not to be sent");
        texts.push(sent.body);
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        let basic = world.post_as("/o/token/", ("site", &secret), &[GRANT]).await;
        assert_eq!(basic.refusal(), "401 invalid_client");
        // What was refused has used nothing up.
        let good = assertion(MacAlgorithm::Hs512, &only_secret, &claims("only"));
        send(&world, "/o/token/", &good, &[GRANT]).await.tokens();
        send(&world, "/o/token/", &hs256("both", &both_secret), &[GRANT]).await.tokens();
    })
    .await;
}

/// The secret that a rotation has replaced proves nothing, at once and on every node; one that is drawn serves every algorithm.
#[tokio::test]
async fn a_new_secret_takes_the_place_of_the_old_one() {
    on_both(|world| async move {
        let old = registered(&world, "site", |_| ()).await;
        let seen = world.store.client(&"site".parse().unwrap()).await.unwrap().unwrap();
        let (_, new) = world.store.applications().rotate_secret(&seen).await.unwrap();
        let ask = async |algorithm, secret: &str, id: &str| {
            let text = assertion(algorithm, secret, &Signer::claims("site", id, NOW));
            send(&world, "/o/token/", &text, &[GRANT]).await
        };
        for algorithm in MacAlgorithm::ALL {
            let name = algorithm.as_str();
            assert_eq!(ask(algorithm, &old, name).await.refusal(), "401 invalid_client", "{name}");
            ask(algorithm, new.expose(), name).await.tokens();
        }
    })
    .await;
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// By the right secret, under any header.
fn under(header: &str, secret: &str, payload: &str) -> String {
    let input = format!("{}.{}", b64(header), b64(payload));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, input.as_bytes());
    format!("{input}.{}", b64(tag.as_ref()))
}

/// R7523-3-c, table 1.13-J
#[tokio::test]
async fn no_trick_with_a_mac_is_believed() {
    let unlimited = |settings: &mut grantwell_web::Settings| {
        settings.limits.clients.subject.free = 1000;
        settings.limits.clients.subject_and_address.free = 1000;
        settings.limits.clients.address.free = 1000;
    };
    on_both_with(unlimited, |world| async move {
        let secret = registered(&world, "site", |_| ()).await;
        let claims = Signer::claims("site", "one", NOW).to_string();
        let good = under(r#"{"alg":"HS256"}"#, &secret, &claims);
        let (head, tag) = good.rsplit_once('.').unwrap();
        let mut tricks: Vec<String> = [
            r#"{"alg":"HS384"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"none"}"#,
            r#"{"alg":"none","alg":"HS256"}"#,
            r#"{"alg":"HS256","alg":"none"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
            r#"{"alg":"HS256","typ":"at+jwt"}"#,
            r#"{"alg":"HS256","typ":"logout+jwt"}"#,
            r#"{"alg":"ES256"}"#,
            r#"{"alg":"RS256"}"#,
            r"{}",
            "",
        ]
        .map(|header| under(header, &secret, &claims))
        .into();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
        // Of itself HMAC takes a long secret for its hash; written down, that is another secret.
        let hashed = b64(digest.as_ref());
        tricks.extend([
            format!("{head}."),
            head.to_owned(),
            good[..good.len() - 1].to_owned(),
            format!("{good}="),
            format!("{good}.{tag}"),
            format!("{head}.{}", b64([0; 32])),
            under(r#"{"alg":"HS256"}"#, &hashed, &claims),
            under(r#"{"alg":"HS256"}"#, "", &claims),
            under(r#"{"alg":"HS256"}"#, secret.trim_start_matches("gws_"), &claims),
            under(r#"{"alg":"HS256"}"#, &format!(" {secret}"), &claims),
        ]);
        for text in tricks {
            let answer = send(&world, "/o/token/", &text, &[GRANT]).await;
            assert_eq!(answer.refusal(), "401 invalid_client", "{text}");
        }
        send(&world, "/o/token/", &good, &[GRANT]).await.tokens();
    })
    .await;
}

/// The server keeps no secret of a client that nobody here answers for.
#[tokio::test]
async fn a_program_that_registers_itself_cannot_have_it() {
    let open = |settings: &mut grantwell_web::Settings| {
        settings.policy.self_registration = oauth::policy::SelfRegistration::Anybody;
    };
    on_both_with(open, |world| async move {
        let wanted = json!({
            "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_jwt",
        });
        let request =
            http::Request::post("/o/register/").header("content-type", "application/json");
        let answer = world.send(request.body(wanted.to_string().into()).unwrap()).await;
        assert_eq!(answer.refusal(), "400 invalid_client_metadata");
        assert!(answer.body.contains("token_endpoint_auth_method"), "{}", answer.body);
    })
    .await;
}
