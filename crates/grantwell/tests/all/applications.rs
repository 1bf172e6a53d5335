//! `application …`: made, shown, given a new secret, deleted.

use crate::house::House;

const CREATE: [&str; 6] =
    ["application", "create", "--name", "Site", "--grant-type", "client_credentials"];

fn create(house: &House, more: &[&str], input: &str) -> crate::house::Ran {
    house.run_with(&[&CREATE[..], &["--json"], more].concat(), &[], input)
}

#[test]
fn id_and_secret_are_printed_once() {
    let house = House::migrated();
    let made = create(&house, &[], "").code(0);
    assert!(made.err.contains("cannot be shown again"), "{}", made.err);
    let made = made.json();
    let (id, secret) =
        (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    assert!(secret.starts_with("gws_"));
    for arguments in [
        &["application", "show", id][..],
        &["application", "list", "--json"],
        &["application", "list"],
    ] {
        let shown = house.run(arguments).code(0);
        assert!(shown.out.contains(id) && !shown.out.contains(secret), "{}", shown.out);
    }
    let text = house
        .run(&["createapplication", "--name", "Other", "--grant-type", "client_credentials"])
        .code(0);
    assert!(
        text.out.starts_with("client_id: ") && text.out.contains("\nclient_secret: gws_"),
        "{}",
        text.out
    );
}

/// A client that signs has public keys and no secret; a private key is refused and not repeated.
#[test]
fn a_client_that_signs_is_made_with_its_public_keys() {
    let house = House::migrated();
    let key = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    house.write("jwks.json", &format!(r#"{{"keys":[{{{key}}}]}}"#));
    house.write("private.json", &format!(r#"{{"keys":[{{{key},"d":"hunter2hunter2"}}]}}"#));
    let signs = ["--client-id", "signer", "--auth-method", "private_key_jwt"];
    let keys = |more: &[&'static str]| [&signs[..], more].concat();
    let ran = create(&house, &keys(&[]), "").code(1);
    assert!(ran.err.contains("jwks: "), "{}", ran.err);
    let ran = create(&house, &keys(&["--jwks", "private.json"]), "").code(1);
    assert!(ran.err.contains("jwks: ") && !ran.err.contains("hunter2"), "{}", ran.err);
    let ran = create(&house, &keys(&["--jwks", "nowhere.json"]), "").code(1);
    assert!(ran.err.contains("nowhere.json"), "{}", ran.err);
    let made = create(&house, &keys(&["--jwks", "jwks.json"]), "").code(0).json();
    assert!(made.get("client_secret").is_none_or(serde_json::Value::is_null), "{made}");
    let chosen = ["--jwks", "jwks.json", "--secret-stdin"];
    let ran = create(&house, &keys(&chosen), "a secret of before, long\n").code(1);
    assert!(ran.err.contains("has no secret"), "{}", ran.err);
}

#[test]
fn a_validation_error_ends_with_1_and_names_the_fields() {
    let house = House::migrated();
    let ran =
        house.run(&["application", "create", "--name", "", "--client-type", "secret"]).code(1);
    for field in ["name: ", "client_type: ", "grant_types: "] {
        assert!(ran.err.contains(field), "{field} in {}", ran.err);
    }
    assert_eq!(ran.out, "");
    assert_eq!(house.run(&["application", "list"]).code(0).out, "");
}

#[test]
fn a_given_id_and_secret_are_taken_for_an_import() {
    let house = House::migrated();
    let made = create(
        &house,
        &["--client-id", "old-site", "--secret-stdin"],
        "a secret of before, long\n",
    )
    .code(0)
    .json();
    assert_eq!(made["client_id"], "old-site");
    assert!(made.get("client_secret").is_none(), "whoever gave it has it");
    let twice = create(&house, &["--client-id", "old-site"], "").code(1);
    assert!(twice.err.contains("client_id: "), "{}", twice.err);
    house.write("secret", "another secret of before\n");
    create(&house, &["--secret-file", "secret"], "").code(0);
    for (more, input) in [
        (&["--secret-stdin"][..], "short"),
        (&["--secret-stdin"], ""),
        (&["--secret-file", "nowhere"], ""),
        (&["--client-type", "public", "--secret-stdin"], "a secret of before, long"),
        (&["--client-id", "01890a5d-ac96-774b-bcce-b302099a8057"], ""),
    ] {
        let ran = create(&house, more, input).code(1);
        assert_eq!(ran.out, "", "{more:?}");
    }
}

#[test]
fn a_new_secret_and_a_deletion_need_a_confirmation() {
    let house = House::migrated();
    let made = create(&house, &[], "").code(0).json();
    let id = made["client_id"].as_str().unwrap();
    for verb in ["rotate-secret", "delete"] {
        assert!(house.run(&["application", verb, id]).code(4).err.contains("--yes"));
        assert!(
            house
                .run(&["application", verb, id, "--dry-run"])
                .code(0)
                .err
                .contains("Nothing was changed")
        );
        house.run(&["application", verb, "nobody", "--yes"]).code(3);
    }
    let rotated =
        house.run(&["application", "rotate-secret", id, "--yes", "--json"]).code(0).json();
    assert_ne!(rotated["client_secret"], made["client_secret"]);
    house.run(&["application", "delete", id, "--yes"]).code(0);
    house.run(&["application", "show", id]).code(3);
}

#[test]
fn the_owner_has_to_be_there() {
    let house = House::migrated();
    create(&house, &["--owner", "ann"], "").code(3);
    house.run_with(&["createsuperuser", "--username", "ann"], &[], "quiet harbour lights").code(0);
    create(&house, &["--owner", "ann"], "").code(0);
}

#[test]
fn metadata_is_set_by_its_registered_names_and_shown_by_them() {
    let house = House::migrated();
    house.write(
        "more.json",
        r#"{"tos_uri": "https://app.example/terms", "contacts": ["a@app.example"]}"#,
    );
    let more = ["--metadata", "@more.json", "--pkce", "allow_plain", "--consent", "trusted"];
    let made = create(&house, &more, "").code(0).json();
    let id = made["client_id"].as_str().unwrap();
    let shown = house.run(&["application", "show", id, "--json"]).code(0).json();
    for (member, expected) in [
        ("tos_uri", "https://app.example/terms"),
        ("pkce", "allow_plain"),
        ("consent", "trusted"),
        ("origin", "operator"),
        ("client_name", "Site"),
    ] {
        assert_eq!(shown[member], expected, "{member}");
    }
    let update =
        |more: &[&str]| house.run(&[&["application", "update", id, "--json"], more].concat());
    let dry = update(&["--name", "Other", "--dry-run"]).code(0);
    assert_eq!(dry.json()["name"], "Other");
    let changed =
        update(&["--metadata", r#"{"tos_uri": null, "client_uri": "https://app.example/"}"#]);
    let changed = changed.code(0).json();
    assert_eq!((&changed["name"], changed.get("tos_uri")), (&"Site".into(), None));
    assert_eq!(
        (&changed["client_uri"], &changed["pkce"]),
        (&"https://app.example/".into(), &"allow_plain".into())
    );
    for (more, code, text) in [
        (&["--metadata", r#"{"logo_uri": "javascript:x"}"#][..], 1, "logo_uri: "),
        (&["--metadata", "{"], 2, "--metadata"),
        (&["--metadata", "@nowhere.json"], 1, "nowhere.json"),
        (&["--pkce", "odd"], 1, "pkce: "),
        (&["--resource", "not a uri"], 1, "resource: "),
        (
            &[
                "--metadata",
                r#"{"client_type": "public", "token_endpoint_auth_method": "none", "grant_types": []}"#,
            ],
            1,
            "grant_types: ",
        ),
    ] {
        let ran = update(more).code(code);
        assert!(ran.err.contains(text), "{}", ran.err);
    }
    house.run(&["application", "update", "nobody", "--name", "x"]).code(3);
}

#[test]
fn a_registration_token_is_made_listed_and_revoked() {
    let house = House::migrated();
    let made =
        house.run(&["registration-token", "create", "--label", "photos", "--uses", "3", "--json"]);
    let made = made.code(0);
    assert!(made.err.contains("oauth.client_registration is off"), "{}", made.err);
    let made = made.json();
    assert!(made["token"].as_str().unwrap().starts_with("gwi_"));
    let list = house.run(&["registration-token", "list"]).code(0).out;
    assert!(list.contains("photos") && !list.contains("gwi_"), "{list}");
    let id = made["id"].as_str().unwrap();
    house.run(&["registration-token", "revoke", id]).code(0);
    house.run(&["registration-token", "revoke", id]).code(3);
    house.run(&["registration-token", "create", "--uses", "0"]).code(2);
    assert_eq!(
        house.run(&["registration-token", "list", "--json"]).code(0).json(),
        serde_json::json!([])
    );
}

/// Each of several changes at once is made or is told that it was not: what is said to be done is there.
#[test]
fn two_changes_at_once_lose_nothing() {
    let house = House::migrated();
    let made = create(&house, &["--client-id", "site"], "").code(0).json();
    assert_eq!(made["client_id"], "site");
    let members = [
        ("policy_uri", "https://site.example/privacy"),
        ("tos_uri", "https://site.example/terms"),
        ("client_uri", "https://site.example/"),
        ("logo_uri", "https://site.example/logo.png"),
    ];
    let ran = std::thread::scope(|scope| {
        let running = members.map(|(member, value)| {
            let metadata = format!(r#"{{"{member}":"{value}"}}"#);
            let house = &house;
            scope.spawn(move || {
                house.run(&["application", "update", "site", "--metadata", &metadata])
            })
        });
        running.map(|thread| thread.join().unwrap())
    });
    let shown = house.run(&["application", "show", "site", "--json"]).code(0).json();
    for ((member, value), ran) in members.into_iter().zip(ran) {
        match ran.code {
            0 => assert_eq!(shown[member], value, "{member} was lost"),
            // SQLite may also be too busy.
            75 => assert!(ran.err.contains("meanwhile") && shown[member].is_null(), "{}", ran.err),
            other => panic!("{other}: {}", ran.err),
        }
    }
}

/// To and from `client_secret_jwt` a secret is kept in another form: a new one is asked for, made, and shown once.
#[test]
fn a_secret_that_is_proved_and_not_sent_comes_with_its_method() {
    let house = House::migrated();
    let jwt = ["--auth-method", "client_secret_jwt", "--client-id"];
    let made = create(&house, &[&jwt[..], &["prover"]].concat(), "").code(0).json();
    assert!(made["client_secret"].as_str().unwrap().len() >= 64, "{made}");
    let chosen = [&jwt[..], &["import", "--secret-stdin"]].concat();
    let ran = create(&house, &chosen, "only thirty-one characters long").code(1);
    assert!(ran.err.contains("32 bytes"), "{}", ran.err);
    let ran = create(&house, &chosen, "exactly thirty-two characters it").code(0);
    assert!(!ran.err.contains("slow hash") && !ran.out.contains("exactly"), "{ran:?}");
    let method = |method: &str| format!(r#"{{"token_endpoint_auth_method":"{method}"}}"#);
    let update = |metadata: &str, more: &[&str]| {
        let arguments = ["application", "update", "prover", "--json", "--metadata", metadata];
        house.run(&[&arguments[..], more].concat())
    };
    let basic = method("client_secret_basic");
    let ran = update(&basic, &[]).code(1);
    assert!(ran.err.contains("--new-secret"), "{}", ran.err);
    let dry = update(&basic, &["--new-secret", "--dry-run"]).code(0);
    assert!(dry.json().get("client_secret").is_none(), "{}", dry.out);
    let ran = update(&basic, &["--new-secret"]).code(0);
    assert!(ran.err.contains("cannot be shown again"), "{}", ran.err);
    let changed = ran.json();
    assert_eq!(changed["token_endpoint_auth_method"], "client_secret_basic");
    assert_ne!(changed["client_secret"], made["client_secret"]);
    update(&method("client_secret_post"), &[]).code(0);
}
