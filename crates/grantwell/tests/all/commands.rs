//! Commands as processes: what they print where, and how they end.

use std::net::TcpListener;

use crate::house::House;

#[test]
fn the_settings_are_printed_with_their_origin_and_without_secrets() {
    let house = House::new();
    house.write("grantwell.toml", "[pages]\nbrand = \"Stable\"\n");
    let variables =
        [("GRANTWELL__KEYS__MASTER_KEY", "hunter2"), ("DATABASE_URL", "postgres://u:hunter2@h/d")];
    let ran = house
        .run_with(
            &["config", "dump", "--json", "--set", "server.listen=127.0.0.1:9"],
            &variables,
            "",
        )
        .code(0);
    let dump = ran.json();
    assert_eq!(dump["pages"]["brand"]["value"], "Stable");
    assert_eq!(dump["pages"]["brand"]["from"], "grantwell.toml, line 2");
    assert_eq!(dump["server"]["listen"]["from"], "flag --set");
    assert_eq!(dump["log"]["level"]["from"], "default");
    assert!(!ran.out.contains("hunter2"), "{}", ran.out);
    assert!(
        house
            .run(&["config", "dump"])
            .code(0)
            .out
            .contains("brand = \"Stable\"  # grantwell.toml, line 2")
    );
    assert!(house.run(&["config", "reference"]).code(0).out.starts_with("# Settings"));
}

#[test]
fn wrong_settings_end_with_5_and_a_wrong_line_with_2() {
    let house = House::new();
    house.write("grantwell.toml", "[server]\nlissen = \"x\"\n");
    let ran = house.run(&["doctor"]).code(5);
    assert_eq!(
        ran.err,
        "error: grantwell.toml, line 2: server.lissen is not a setting; did you mean server.listen?\n"
    );
    assert_eq!(ran.out, "");
    // The reference and completions are wanted most when something is wrong.
    house.run(&["config", "reference"]).code(0);
    assert!(house.run(&["completions", "bash"]).code(0).out.contains("_grantwell"));
    assert!(house.run(&["migrat"]).code(2).err.contains("migrate"));
    house.write("grantwell.toml", "");
    assert!(
        house
            .run(&["doctor", "--set", "keys.master_key=x"])
            .code(2)
            .err
            .contains("GRANTWELL__KEYS__MASTER_KEY_FILE")
    );
    let variables = [("DATABASE_URL", "mysql://root:hunter2@h/d")];
    let ran = house.run_with(&["migrate"], &variables, "").code(5);
    assert!(
        ran.err.contains("sqlite: or postgres:") && !ran.err.contains("hunter2"),
        "{}",
        ran.err
    );
}

#[test]
fn a_mistyped_log_level_is_refused_instead_of_falling_silent() {
    let house = House::new();
    house.write("grantwell.toml", "[log]\nlevel = \"inf\"\n");
    let ran = house.run(&["migrate"]).code(5);
    assert!(ran.err.contains("inf is no level"), "{}", ran.err);
}

#[test]
fn a_command_says_what_it_does_once_and_not_in_the_log_too() {
    let house = House::new();
    let said = house.run(&["migrate"]).code(0).err;
    assert!(said.lines().all(|line| line.starts_with("Applied grantwell.0")), "{said}");
    assert_eq!(said.matches("0001_initial").count(), 1, "{said}");
    let asked = House::new().run_with(&["migrate"], &[("GRANTWELL__LOG__LEVEL", "info")], "");
    assert!(asked.code(0).err.contains("applied a migration"));
    let dump = house.run(&["config", "dump", "--json"]).code(0).json();
    assert_eq!(dump["log"]["level"]["value"], "info", "what is in force for the server");
}

#[test]
fn a_command_needs_a_database_that_is_up_to_date() {
    let house = House::new();
    assert!(house.run(&["application", "list"]).code(1).err.contains("migrate"));
}

#[test]
fn a_database_that_is_away_ends_with_75() {
    let house = House::new();
    let variables = [
        ("DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:1/none"),
        ("GRANTWELL__DATABASE__ACQUIRE_TIMEOUT", "500 ms"),
    ];
    let ran = house.run_with(&["migrate"], &variables, "").code(75);
    for words in ["postgres://nobody:(hidden)@127.0.0.1:1/none", "DATABASE_URL"] {
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
}

#[test]
fn an_administrator_is_made_without_a_terminal() {
    let house = House::migrated();
    let ran = house.run(&["createsuperuser"]).code(4);
    assert!(ran.err.contains("--username"), "{}", ran.err);
    let flags = ["createsuperuser", "--username", "ann", "--json"];
    let ran = house.run_with(&flags, &[], "1234\n").code(1);
    assert!(ran.err.contains("password: "), "{}", ran.err);
    let ran = house.run_with(&flags, &[], "quiet harbour lights\n").code(0);
    assert_eq!(ran.json()["username"], "ann");
    let ran = house
        .run_with(&["createsuperuser", "--username", "ANN"], &[], "quiet harbour lights")
        .code(1);
    assert!(ran.err.contains("username: "), "{}", ran.err);
    house.write("password", "quiet harbour lights\n");
    let flags = ["createsuperuser", "--username", "bob", "--email", "bob@example.org"];
    house.run_with(&flags, &[("GRANTWELL_PASSWORD_FILE", "password")], "").code(0);
    house.run_with(&flags, &[("GRANTWELL_PASSWORD_FILE", "nowhere")], "").code(1);
    // With an administrator no link for the first one is due.
    house.run(&["setup-link"]).code(1);
    assert!(
        house
            .run(&["setup-link", "--force"])
            .code(0)
            .out
            .starts_with("http://127.0.0.1:8000/setup?token=")
    );
}

#[test]
fn the_doctor_names_what_is_wrong_and_how_to_mend_it() {
    let house = House::new();
    let ids = |arguments: &[&str], code: i32| -> Vec<String> {
        let found = house.run(arguments).code(code).json();
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&["doctor", "--json"], 0), ["database.new"]);
    house.run(&["migrate"]).code(0);
    assert_eq!(ids(&["check", "--json"], 0), ["accounts.administrator"]);
    house.write("grantwell.toml", "[server]\nallow_any_host = true\n");
    assert_eq!(
        ids(&["doctor", "--json"], 0),
        ["accounts.administrator", "allow.server.allow_any_host"]
    );
    let deploy = ids(&["doctor", "--deploy", "--json"], 1);
    assert!(deploy.contains(&"deploy.public_url".to_owned()), "{deploy:?}");
    assert!(house.run(&["doctor"]).code(0).out.contains("warning [allow.server.allow_any_host]"));
    house.write("grantwell.toml", "[oauth]\nprofile = \"legacy\"\n");
    let told = house.run(&["doctor"]).code(0).out;
    for line in [
        "oauth.allow_implicit is on (the profile legacy). It deviates from RFC 9700 §2.1.2",
        "oauth.allow_plain_pkce is on (the profile legacy). It deviates from RFC 9700 §2.1.1",
        "oauth.allow_password_grant is on (the profile legacy). It deviates from RFC 9700 §2.4",
    ] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn a_master_key_that_others_can_read_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::migrated();
    house.run(&["application", "list"]).code(0);
    let key = house.path().join("db.sqlite3.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(house.run(&["doctor"]).code(1).out.contains("error [keys.readable]"));
}

#[test]
fn a_lost_or_wrong_master_key_is_refused() {
    let house = House::migrated();
    house.run(&["application", "list"]).code(0);
    let key = house.path().join("db.sqlite3.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let ran = house.run(&["application", "list"]).code(5);
    assert!(ran.err.contains("backup"), "{}", ran.err);
    assert!(!key.exists(), "no new key is left behind that would look like the right one");
    let other = "a".repeat(64);
    house
        .run_with(&["application", "list"], &[("GRANTWELL__KEYS__MASTER_KEY", &other)], "")
        .code(5);
    std::fs::write(&key, kept).unwrap();
    house.run(&["application", "list"]).code(0);
}

#[test]
fn keys_are_listed_and_rotated() {
    let house = House::migrated();
    let algorithms = |house: &House| {
        let keys = house.run(&["keys", "list", "--json"]).code(0).json();
        let names = keys.as_array().unwrap().iter().map(|key| key["algorithm"].as_str().unwrap());
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(algorithms(&house), ["ES256", "EdDSA", "RS256", "v4.local"]);
    house.run(&["keys", "rotate", "--dry-run"]).code(0);
    house.run(&["keys", "rotate", "--algorithm", "RS256", "--dry-run"]).code(0);
    assert_eq!(algorithms(&house), ["ES256", "EdDSA", "RS256", "v4.local"]);
    assert_eq!(house.run(&["keys", "rotate", "--json"]).code(0).json()["state"], "announced");
    assert_eq!(algorithms(&house), ["ES256", "EdDSA", "RS256", "v4.local", "v4.local"]);
    let made = house.run(&["keys", "rotate", "--algorithm", "RS256", "--json"]).code(0).json();
    assert!(made["algorithm"] == "RS256" && made["state"] == "announced", "{made}");
    assert!(house.run(&["keys", "list"]).code(0).out.contains("signs from"));
    for unknown in ["PS256", "none", "rs256"] {
        let refused = house.run(&["keys", "rotate", "--algorithm", unknown]).code(2);
        assert!(refused.err.contains("oauth.signing_algorithms"), "{}", refused.err);
    }
    // An algorithm that the settings name for the first time gets its key at the next start.
    house.run(&["keys", "list", "--set", "oauth.signing_algorithms=[\"PS256\"]"]).code(0);
    assert!(algorithms(&house).contains(&"PS256".to_owned()));
    let wrong = house.run(&["keys", "list", "--set", "oauth.signing_algorithms=[\"none\"]"]);
    assert!(wrong.code(5).err.contains("oauth.signing_algorithms"));
    assert!(house.run(&["doctor", "--set", "keys.rsa_bits=1024"]).code(5).err.contains("4096"));
}

#[test]
fn what_expired_is_counted_and_cleared() {
    let house = House::migrated();
    assert_eq!(house.run(&["cleartokens", "--dry-run", "--json"]).code(0).json()["sessions"], 0);
    assert!(house.run(&["cleartokens"]).code(0).out.contains("authorizations: 0"));
}

#[test]
fn a_token_that_is_none_is_not_active_and_cannot_be_ended() {
    let house = House::migrated();
    assert_eq!(
        house.run_with(&["token", "introspect"], &[], "nonsense").code(0).json()["active"],
        false
    );
    house.run_with(&["token", "revoke"], &[], "nonsense").code(3);
    house.run_with(&["token", "revoke"], &[], "").code(1);
}

#[test]
fn routes_name_the_endpoints() {
    let ran = House::new().run(&["routes"]).code(0);
    for path in ["/o/token/", "/authentication/register/", "/readyz"] {
        assert!(
            ran.out.lines().any(|line| line.starts_with(&format!("{path}\t"))),
            "{path} in {}",
            ran.out
        );
    }
}

#[test]
fn openapi_prints_the_document_without_a_database_and_names_what_an_older_one_loses() {
    let house = House::new();
    let document = house.run(&["openapi"]).code(0).json();
    assert_eq!(document["openapi"], "3.1.1");
    assert!(house.run(&["openapi", "--yaml"]).code(0).out.starts_with("openapi:"));
    house.run(&["openapi", "-o", "api.json"]).code(0);
    let file = house.path().join("api.json");
    assert_eq!(house.run(&["openapi", "--check", "api.json"]).code(0).out, "");
    let mut old: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    old["paths"]["/v0/dragon/"] = serde_json::json!({ "get": {} });
    std::fs::write(&file, old.to_string()).unwrap();
    let ran = house.run(&["openapi", "--check", "api.json"]).code(1);
    assert_eq!(ran.out, "/v0/dragon/: the path is gone\n");
    std::fs::write(&file, "{}").unwrap();
    house.run(&["openapi", "--check", "api.json"]).code(1);
    house.run(&["openapi", "--check", "nothing.json"]).code(3);
}

#[test]
fn a_port_that_is_taken_is_one_clear_line() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    let ran = House::new().run(&["serve", &address]).code(1);
    assert!(
        ran.err.contains("another program listens there") && ran.err.lines().count() == 1,
        "{}",
        ran.err
    );
}
