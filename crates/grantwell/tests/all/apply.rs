//! `application apply`: a file made true, again and again.

use reqwest::Client;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::house::{House, Ran, Running};

const FILE: &str = r#"
[[application]]
client_id = "photos"
name = "Photos"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["https://photos.example/cb"]
client_uri = "https://photos.example/"
consent = "trusted"

[[application]]
client_id = "mobile"
client_name = "Mobile"
token_endpoint_auth_method = "none"
grant_types = ["authorization_code"]
redirect_uris = ["com.example.mobile:/cb"]
application_type = "native"

[[application]]
client_id = "robot"
name = "Robot"
grant_types = ["client_credentials"]
resources = ["https://api.example/"]
"#;

/// One application that gets tokens for itself.
fn robot(more: &str) -> String {
    format!(
        "[[application]]\nclient_id = \"robot\"\nname = \"Robot\"\ngrant_types = [\"client_credentials\"]\n{more}\n"
    )
}

fn apply(house: &House, text: &str, more: &[&str]) -> Ran {
    house.write("clients.toml", text);
    house.run(&[&["application", "apply", "-f", "clients.toml"], more].concat())
}

/// What became of each application.
fn actions(ran: &Ran) -> Vec<String> {
    let parts = ran.out.lines().map(|line| line.split('\t').take(3).collect::<Vec<_>>());
    parts
        .map(|parts| {
            let secret = |part: &&str| !part.starts_with("client_secret: ");
            parts.into_iter().filter(secret).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The client ids of all applications, sorted.
fn ids(house: &House) -> Vec<String> {
    let all = house.run(&["application", "list", "--json"]).code(0).json();
    let ids = all.as_array().unwrap().iter().map(|it| it["client_id"].as_str().unwrap().to_owned());
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids
}

#[test]
fn what_the_file_says_is_made_and_a_second_run_changes_nothing() {
    let house = House::migrated();
    let dry = apply(&house, FILE, &["--dry-run"]).code(0);
    assert_eq!(actions(&dry), ["created photos", "created mobile", "created robot"]);
    assert!(dry.err.contains("3 created.") && dry.err.contains("Nothing was changed"), "{dry:?}");
    assert!(!dry.out.contains("client_secret") && ids(&house).is_empty(), "{dry:?}");

    let made = apply(&house, FILE, &[]).code(0);
    assert_eq!(actions(&made), actions(&dry));
    assert_eq!(made.out.matches("\tclient_secret: gws_").count(), 2, "{}", made.out);
    assert!(made.err.contains("cannot be shown again"), "{}", made.err);
    let shown = house.run(&["application", "show", "photos", "--json"]).code(0).json();
    for (member, expected) in [
        ("consent", "trusted"),
        ("client_uri", "https://photos.example/"),
        ("origin", "operator"),
        ("client_type", "confidential"),
    ] {
        assert_eq!(shown[member], expected, "{member}");
    }

    let again = apply(&house, FILE, &["--prune"]).code(0);
    assert_eq!(actions(&again), ["unchanged photos", "unchanged mobile", "unchanged robot"]);
    assert_eq!(again.err.trim(), "3 unchanged.");
    let after = house.run(&["application", "show", "photos", "--json"]).code(0).json();
    assert_eq!(after, shown);
}

#[test]
fn what_changes_is_named_and_what_the_file_leaves_out_has_its_default() {
    let house = House::migrated();
    apply(&house, FILE, &[]).code(0);
    let other = FILE
        .replace("client_uri = \"https://photos.example/\"\n", "")
        .replace("name = \"Robot\"", "name = \"Robot 2\"\nactive = false");
    let dry = apply(&house, &other, &["--dry-run"]).code(0);
    let expected = ["changed photos client_uri", "unchanged mobile", "changed robot active name"];
    assert_eq!(actions(&dry), expected);
    let show = |id: &str| house.run(&["application", "show", id, "--json"]).code(0).json();
    assert_eq!(show("robot")["name"], "Robot", "a dry run changes nothing");
    assert_eq!(actions(&apply(&house, &other, &[]).code(0)), expected);
    assert_eq!(show("photos").get("client_uri"), None);
    assert_eq!(
        (&show("robot")["name"], &show("robot")["active"]),
        (&json!("Robot 2"), &json!(false))
    );

    // Switched off by somebody, it stays so until the file says otherwise.
    let silent = other.replace("active = false\n", "");
    assert_eq!(actions(&apply(&house, &silent, &[]).code(0))[2], "unchanged robot");
    let on = other.replace("active = false", "active = true");
    assert_eq!(actions(&apply(&house, &on, &[]).code(0))[2], "enabled robot");
    assert_eq!(actions(&apply(&house, &other, &[]).code(0))[2], "disabled robot");
}

#[test]
fn json_is_read_and_written() {
    let house = House::migrated();
    let text = json!({"application": [
        {"client_id": "robot", "name": "Robot", "grant_types": ["client_credentials"]},
    ]});
    house.write("clients.json", &text.to_string());
    let run = |file: &str, input: &str| {
        let arguments = ["application", "apply", "--file", file, "--json"];
        house.run_with(&arguments, &[], input).code(0).json()
    };
    let made = run("clients.json", "");
    let one = &made["applications"][0];
    assert_eq!((&one["client_id"], &one["action"]), (&json!("robot"), &json!("created")));
    assert!(one["client_secret"].as_str().unwrap().starts_with("gws_"));
    assert_eq!((&made["summary"]["created"], &made["dry_run"]), (&json!(1), &json!(false)));
    let same = json!([{"client_id": "robot", "action": "unchanged", "changed": []}]);
    assert_eq!(run("-", &text.to_string())["applications"], same);
    assert_eq!(run("-", &robot(""))["applications"], same);
    let other = run("-", &robot("scope = \"openid\""));
    assert_eq!(other["applications"][0]["changed"], json!(["scope"]));
}

async fn token(server: &Running, secret: &str) -> u16 {
    let fields =
        [("grant_type", "client_credentials"), ("client_id", "robot"), ("client_secret", secret)];
    let sent = Client::new().post(server.url("/o/token/")).form(&fields).send();
    sent.await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_comes_from_a_file_or_a_variable_and_another_one_ends_the_first() {
    let house = House::migrated();
    let server = house.serve(&[("GRANTWELL__OAUTH__SCOPES", r#"{"read":"See"}"#)]);
    std::fs::create_dir(house.path().join("deploy")).unwrap();
    house.write("deploy/robot.secret", "the first secret of all\n");
    let run = |more: &str, variables: &[(&str, &str)]| {
        // The file of a secret is looked for beside the file that names it.
        house.write("deploy/clients.toml", &robot(more));
        let arguments = ["application", "apply", "-f", "deploy/clients.toml"];
        house.run_with(&arguments, variables, "").code(0)
    };
    let made = run("client_secret_file = \"robot.secret\"", &[]);
    assert_eq!(made.out, "created\trobot\n", "whoever gave a secret has it");
    let out = run("client_secret_file = \"robot.secret\"", &[]).out;
    assert_eq!(out, "unchanged\trobot\n");
    assert_eq!(run("", &[]).out, "unchanged\trobot\n", "left alone where none is given");
    assert_eq!(token(&server, "the first secret of all").await, 200);

    let second = [("ROBOT_SECRET", "the second secret of all")];
    let changed = run("client_secret_env = \"ROBOT_SECRET\"", &second);
    assert_eq!(changed.out, "changed\trobot\tclient_secret\n");
    assert!(!changed.err.contains("second secret"), "{}", changed.err);
    let out = run("client_secret_env = \"ROBOT_SECRET\"", &second).out;
    assert_eq!(out, "unchanged\trobot\n");
    // The server hears of it by the feed.
    let mut tries = 0;
    while token(&server, "the first secret of all").await != 401 {
        tries += 1;
        assert!(tries < 500, "the old secret still works");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(token(&server, "the second secret of all").await, 200);
    let out = run("client_secret = \"the second secret of all\"", &[]).out;
    assert_eq!(out, "unchanged\trobot\n");
}

/// A secret that was drawn here is known again.
#[test]
fn the_generated_secret_may_be_given_back() {
    let house = House::migrated();
    let made = apply(&house, &robot(""), &["--json"]).code(0).json();
    let secret = made["applications"][0]["client_secret"].as_str().unwrap();
    let same = apply(&house, &robot(&format!("client_secret = \"{secret}\"")), &[]).code(0);
    assert_eq!(actions(&same), ["unchanged robot"]);
}

/// Another form of the secret needs the secret; the one that it has will do if it is long enough.
#[test]
fn a_secret_that_is_proved_and_not_sent_is_given_with_its_method() {
    const SECRET: &str = "a secret that is long enough for HS256";
    let house = House::migrated();
    let given = format!("client_secret = \"{SECRET}\"");
    let jwt = "auth_method = \"client_secret_jwt\"";
    apply(&house, &robot(&given), &[]).code(0);
    let ran = apply(&house, &robot(jwt), &[]).code(1);
    assert!(ran.err.contains("client_secret") && ran.err.contains("needed"), "{}", ran.err);
    let short =
        apply(&house, &robot(&format!("{jwt}\nclient_secret = \"too short for a MAC\"")), &[]);
    assert!(short.code(1).err.contains("32 bytes"));
    let both = robot(&format!("{jwt}\n{given}"));
    let changed = apply(&house, &both, &[]).code(0);
    assert_eq!(actions(&changed), ["changed robot client_secret token_endpoint_auth_method"]);
    assert_eq!(actions(&apply(&house, &both, &[]).code(0)), ["unchanged robot"]);
    assert_eq!(actions(&apply(&house, &robot(jwt), &[]).code(0)), ["unchanged robot"]);
    let drawn = both.replace("robot", "drawn").replace(&given, "");
    let drawn = apply(&house, &drawn, &["--json"]).code(0).json();
    let secret = drawn["applications"][0]["client_secret"].as_str().unwrap();
    assert!(secret.len() >= 64, "{secret}");
}

/// One good application and several with faults.
const WRONG: &str = r#"
[[application]]
client_id = "good"
name = "Good"
grant_types = ["client_credentials"]

[[application]]
client_id = "bad"
name = ""
grant_types = ["client_credentials"]
redirect_uri = ["https://bad.example/"]
logo_uri = "javascript:x"
client_secret = "hunter2"
client_secret_env = "NOWHERE"

[[application]]
client_id = "robot"
name = "Robot"
client_type = "public"
grant_types = ["authorization_code"]
redirect_uris = ["https://robot.example/"]
owner = "nobody"

[[application]]
name = "Without"
grant_types = ["client_credentials"]
client_secret_env = "NOWHERE"

[[application]]
client_id = "grantwell-first-party"
name = "Mine now"
client_type = "public"
grant_types = ["authorization_code"]
redirect_uris = ["https://robot.example/"]

[[application]]
client_id = "photos"
name = "Photos"
grant_types = ["client_credentials"]
client_secret_file = "short"

[[application]]
client_id = "photos"
name = "Photos"
grant_types = ["client_credentials"]
"#;

#[test]
fn all_faults_of_all_applications_are_told_at_once_and_nothing_is_written() {
    let house = House::migrated();
    apply(&house, &FILE.replace("mobile", "other"), &[]).code(0);
    let before = house.run(&["application", "list", "--json"]).code(0).out;
    house.write("short", "hunter2\n");
    for more in [&[][..], &["--prune"], &["--dry-run"]] {
        let ran = apply(&house, WRONG, more).code(1);
        assert_eq!(ran.out, "");
        assert!(ran.err.contains("Nothing was changed."), "{}", ran.err);
        for expected in [
            "bad: name: ",
            "bad: redirect_uri: This is not a member of an application; did you mean redirect_uris?",
            "bad: logo_uri: ",
            "bad: client_secret: client_secret_env gives the secret as well",
            "robot: client_type: This application is confidential and stays so",
            "robot: owner: There is no user named nobody",
            "application 4: client_id: ",
            "application 4: client_secret_env: There is no variable \"NOWHERE\"",
            "grantwell-first-party: client_id: The built-in application",
            "photos: client_secret: A secret of fewer than 16 characters can be guessed.",
            "photos: client_id: 2 tables have this id",
        ] {
            assert!(ran.err.contains(expected), "{expected} in {}", ran.err);
        }
        assert!(!ran.err.contains("hunter2") && !ran.err.contains("good"), "{}", ran.err);
        assert_eq!(house.run(&["application", "list", "--json"]).code(0).out, before);
    }
}

#[test]
fn a_file_that_cannot_be_read_says_where_it_is_wrong() {
    let house = House::migrated();
    for (text, expected) in [
        ("[[application]]\nclient_secret = \"hunter2", "clients.toml, line 2: not valid TOML"),
        ("[[aplication]]\n", "clients.toml: aplication is not known"),
        ("[application]\n", "write [[application]]"),
    ] {
        let ran = apply(&house, text, &[]).code(1);
        assert!(ran.err.contains(expected) && !ran.err.contains("hunter2"), "{}", ran.err);
    }
    let ran = house.run(&["application", "apply", "-f", "nowhere.toml"]).code(1);
    assert!(ran.err.contains("nowhere.toml cannot be read"), "{}", ran.err);
    house.run(&["application", "apply"]).code(2);
    assert!(apply(&house, "", &[]).code(0).err.contains("names no application"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_spares_what_developers_and_programs_registered_and_the_built_in_one() {
    let house = House::migrated();
    let create = |id: &str| {
        let grant = ["--grant-type", "client_credentials", "--client-id", id];
        house.run(&[&["application", "create", "--name", id], &grant[..]].concat()).code(0);
    };
    create("surplus");
    create("developers");
    let url = format!("sqlite://{}", house.path().join("db.sqlite3").display());
    let database = sea_orm::Database::connect(url).await.unwrap();
    let theirs = "UPDATE grantwell_application SET metadata = \
         replace(metadata, '\"operator\"', '\"developer\"') WHERE client_id = 'developers'";
    assert_eq!(database.execute_unprepared(theirs).await.unwrap().rows_affected(), 1);
    database.close().await.unwrap();
    let server = house.serve(&[("GRANTWELL__OAUTH__ALLOW_OPEN_CLIENT_REGISTRATION", "true")]);
    let asked = json!({"client_name": "Program", "redirect_uris": ["https://program.example/cb"]});
    let sent = Client::new().post(server.url("/o/register/")).body(asked.to_string());
    let sent = sent.header("content-type", "application/json").send().await.unwrap();
    let program: Value = sent.json().await.unwrap();
    let program = program["client_id"].as_str().unwrap().to_owned();

    let empty = apply(&house, "", &["--prune"]).code(1);
    assert!(empty.err.contains("names no application"), "{}", empty.err);
    let dry = apply(&house, &robot(""), &["--prune", "--dry-run"]).code(0);
    assert_eq!(actions(&dry), ["created robot", "deleted surplus"]);
    assert!(ids(&house).contains(&"surplus".to_owned()));
    assert_eq!(actions(&apply(&house, &robot(""), &[]).code(0)), ["created robot"]);
    let pruned = apply(&house, &robot(""), &["--prune"]).code(0);
    assert_eq!(actions(&pruned), ["unchanged robot", "deleted surplus"]);
    assert_eq!(pruned.err.trim(), "1 deleted, 1 unchanged.");
    let mut left = ["developers".to_owned(), program, "robot".to_owned()];
    left.sort();
    assert_eq!(ids(&house), left);
    house.run(&["application", "show", "grantwell-first-party"]).code(0);
}

#[test]
fn an_owner_is_named_by_username() {
    let house = House::migrated();
    house.run_with(&["createsuperuser", "--username", "ann"], &[], "quiet harbour lights").code(0);
    apply(&house, &robot(""), &[]).code(0);
    let owned = robot("owner = \"ann\"");
    assert_eq!(actions(&apply(&house, &owned, &[]).code(0)), ["changed robot owner"]);
    assert_eq!(actions(&apply(&house, &owned, &[]).code(0)), ["unchanged robot"]);
    assert_eq!(actions(&apply(&house, &robot(""), &[]).code(0)), ["unchanged robot"]);
}

const PEOPLE: &str = r#"
[[user]]
username = "ann"
password_file = "ann.password"
claims = { given_name = "Ann", level = 7 }

[[application]]
client_id = "hers"
name = "Hers"
owner = "ann"
grant_types = ["client_credentials"]
"#;

#[test]
fn people_stand_in_the_same_file_and_own_what_comes_with_them() {
    let house = House::migrated();
    house.write("ann.password", "three unrelated words\n");
    let dry = apply(&house, PEOPLE, &["--dry-run"]).code(0);
    assert_eq!(actions(&dry), ["created user ann", "created hers"]);
    house.write("people.toml", PEOPLE);
    let made = house.run(&["apply", "-f", "people.toml", "--json"]).code(0).json();
    assert_eq!(made["users"][0]["action"], "created");
    assert_eq!(made["summary"]["created"], 2);
    let again = apply(&house, PEOPLE, &["--prune"]).code(0);
    assert_eq!(actions(&again), ["unchanged user ann", "unchanged hers"]);
    let other =
        PEOPLE.replace("level = 7", "level = 8").replace("claims", "active = false\nclaims");
    let changed = apply(&house, &other, &[]).code(0);
    assert_eq!(actions(&changed)[0], "changed user ann active level");
    let listed = house.run(&["user", "list", "--json"]).code(0).json();
    assert_eq!(listed[0]["active"], false);
    // Whoever is not in the file stays, also when the file is pruned to.
    let without = PEOPLE.split("[[application]]").nth(1).unwrap();
    let text = format!("[[application]]{without}");
    assert_eq!(actions(&apply(&house, &text, &["--prune"]).code(0)), ["unchanged hers"]);
}

#[test]
fn one_wrong_person_keeps_everything_of_the_file_from_being_done() {
    let house = House::migrated();
    house.write("ann.password", "short\n");
    let text = format!(
        "{PEOPLE}\n[[user]]\nusername = \"ANN\"\nstafff = true\npassword_env = \"NOWHERE\"\n"
    );
    let ran = apply(&house, &text, &[]).code(1);
    for expected in [
        "user ann: password: ",
        "user ANN: stafff: This is not a member of a person; did you mean staff?",
        "user ANN: password_env: There is no variable",
        "user ann: username: 2 tables have this id",
    ] {
        assert!(ran.err.contains(expected), "{expected} in {}", ran.err);
    }
    assert!(ids(&house).is_empty());
    assert_eq!(house.run(&["user", "list", "--json"]).code(0).json(), json!([]));
}
