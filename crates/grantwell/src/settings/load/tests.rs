//! The settings as a table: what is given, and what comes of it or what is said about it.

use super::*;
use crate::settings::Span;

struct Given {
    toml: &'static str,
    environment: &'static [(&'static str, &'static str)],
    flags: &'static [(&'static str, &'static str)],
}

fn loaded(given: &Given, base: Settings) -> Result<Loaded, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("grantwell.toml");
    std::fs::write(&file, given.toml).unwrap();
    let environment =
        given.environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let flags =
        given.flags.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned(), "--set")).collect();
    let result = load(base, &Sources { file: Some(file), environment, flags });
    // The folder's name differs in every run.
    let shorten = |line: String| line.replace(&format!("{}/", folder.path().display()), "");
    result.map_err(|error| SettingsError(error.0.into_iter().map(shorten).collect()))
}

#[test]
fn each_layer_goes_over_the_one_below_it() {
    let mut base = Settings::default();
    base.server.listen = "project".to_owned();
    base.server.body_limit = crate::settings::Size::bytes(1);
    base.oauth.access_token_lifetime = Span::seconds(36000);
    base.database.url = Some("sqlite://project".into());
    base.keys.master_key = Some("project's".into());
    let given = Given {
        toml: "[server]\nlisten = \"file\"\nallowed_hosts = [\"a.example\"]\n[oauth]\nrefresh_grace = 5\n",
        environment: &[
            ("GRANTWELL__SERVER__LISTEN", "variable"),
            ("GRANTWELL__OAUTH__REFRESH_GRACE", "7 s"),
            ("GRANTWELL__DATABASE__MIGRATE_ON_START", "false"),
            ("GRANTWELL__SERVER__MAX_CONNECTIONS", "12"),
            ("GRANTWELL__SERVER__SHUTDOWN_GRACE", ""),
            ("GRANTWELL_OTHER", "not ours"),
            ("DATABASE_URL", "sqlite://general"),
        ],
        flags: &[("server.listen", "flag")],
    };
    let Loaded { settings, origins } = loaded(&given, base).unwrap();
    assert_eq!(settings.server.listen, "flag");
    assert_eq!(settings.server.allowed_hosts, ["a.example"]);
    assert_eq!(settings.server.body_limit.in_memory(), 1);
    assert_eq!(settings.server.max_connections, 12);
    assert_eq!(
        settings.server.shutdown_grace,
        Span::seconds(30),
        "an empty variable is one that is not set"
    );
    assert_eq!(settings.oauth.access_token_lifetime, Span::seconds(36000));
    assert_eq!(settings.oauth.refresh_grace, Span::seconds(7));
    assert!(!settings.database.migrate_on_start);
    assert_eq!(settings.database_url(), "sqlite://general");
    assert_eq!(settings.keys.master_key.unwrap().expose(), "project's");
    assert_eq!(
        origins["oauth.refresh_grace"].to_string(),
        "variable GRANTWELL__OAUTH__REFRESH_GRACE"
    );
    assert!(origins["server.allowed_hosts"].to_string().ends_with("grantwell.toml, line 3"));
}

#[test]
fn our_own_variable_goes_over_the_general_one() {
    for environment in [
        &[("DATABASE_URL", "sqlite://general"), ("GRANTWELL__DATABASE__URL", "sqlite://ours")],
        &[("GRANTWELL__DATABASE__URL", "sqlite://ours"), ("DATABASE_URL", "sqlite://general")],
    ] {
        let loaded =
            loaded(&Given { toml: "", environment, flags: &[] }, Settings::default()).unwrap();
        assert_eq!(loaded.settings.database_url(), "sqlite://ours");
    }
}

#[test]
fn lists_maps_and_words_are_read_from_variables() {
    let environment = &[
        ("GRANTWELL__SERVER__ALLOWED_HOSTS", "a.example, b.example"),
        ("GRANTWELL__OAUTH__DEFAULT_SCOPE", "[\"read\"]"),
        ("GRANTWELL__OAUTH__SCOPES", r#"{"read": "See"}"#),
        ("GRANTWELL__LOG__FORMAT", "json"),
        ("GRANTWELL__PAGES__BROWSABLE", "nobody"),
        ("GRANTWELL__PAGES__RELOAD_TEMPLATES", "1"),
    ];
    let settings =
        loaded(&Given { toml: "", environment, flags: &[] }, Settings::default()).unwrap().settings;
    assert_eq!(settings.server.allowed_hosts, ["a.example", "b.example"]);
    assert_eq!(settings.oauth.default_scope, ["read"]);
    assert_eq!(settings.oauth.scopes["read"], "See");
    assert_eq!(settings.log.format, crate::settings::LogFormat::Json);
    assert_eq!(settings.pages.browsable, crate::settings::Readers::Nobody);
    assert!(settings.pages.reload_templates);
}

#[test]
fn tables_are_read_from_file_and_variable_and_say_what_is_wrong() {
    let file = "[[oauth.trusted_issuers]]\nissuer = \"https://a.example\"\njwks_uri = \"https://a.example/k\"\n\
                subject = \"username\"\nmax_lifetime = \"1 m\"\n";
    let given = |toml, environment| {
        loaded(&Given { toml, environment, flags: &[] }, Settings::default())
            .map(|loaded| loaded.settings.oauth.trusted_issuers)
    };
    let trusted = given(file, &[]).unwrap();
    assert_eq!((trusted.len(), trusted[0].max_lifetime), (1, Span::seconds(60)));
    let wrong = given("[[oauth.trusted_issuers]]\nisuer = \"x\"\n", &[]).unwrap_err().0;
    assert!(wrong[0].contains("a list of tables") && wrong[0].contains("`isuer`"), "{wrong:?}");
    let wrong = given("[oauth]\ntrusted_issuers = [\"x\"]\n", &[]).unwrap_err().0;
    assert!(wrong[0].contains("a list of tables"), "{wrong:?}");
    let none: &[_] =
        &[("GRANTWELL__OAUTH__TRUSTED_ISSUERS", "[{\"issuer\":\"https://b.example\"}]")];
    let wrong = given(file, none).unwrap_err().0;
    assert_eq!(
        wrong,
        [
            "oauth.trusted_issuers, issuer \"https://b.example\": neither jwks nor jwks_uri is set: its keys are needed"
        ]
    );
}

type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// A file, the environment, and how the first line of the error begins.
const WRONG: &[Row] = &[
    (
        "[server]\n\nlissen = \"x\"",
        &[],
        "grantwell.toml, line 3: server.lissen is not a setting; did you mean server.listen?",
    ),
    (
        "[sever]\nlisten = \"x\"",
        &[],
        "grantwell.toml, line 2: sever.listen is not a setting; did you mean server.listen?",
    ),
    (
        "listen = \"x\"",
        &[],
        "grantwell.toml, line 1: listen is not a setting; did you mean server.listen?",
    ),
    (
        "[quux]\nzyx = 1",
        &[],
        "grantwell.toml, line 2: quux.zyx is not a setting; `config reference` lists them all",
    ),
    (
        "[server]\nbody_limit = \"lots\"",
        &[],
        "grantwell.toml, line 2: server.body_limit expects a size, such as 65536, \"512 KiB\" or \"1 MiB\", got the text \"lots\"",
    ),
    (
        "[accounts]\nregistration = 3",
        &[],
        "grantwell.toml, line 2: accounts.registration expects true or false, got 3",
    ),
    (
        "[server]\nlisten = [1]",
        &[],
        "grantwell.toml, line 2: server.listen expects a text, got a list",
    ),
    (
        "[server]\nmax_connections = -1",
        &[],
        "grantwell.toml, line 2: server.max_connections expects a whole number, 0 or more, got -1",
    ),
    (
        "[log]\nformat = \"xml\"",
        &[],
        "grantwell.toml, line 2: log.format expects one of auto, text, json, got the text \"xml\"",
    ),
    (
        "[keys]\nmaster_key = 12345",
        &[],
        "grantwell.toml, line 2: keys.master_key expects a text (which is not shown here), got something else",
    ),
    ("[server\n", &[], "grantwell.toml, line 1: not valid TOML: "),
    (
        "",
        &[("GRANTWELL__OAUTH__REFRESH_GRACE", "soon")],
        "variable GRANTWELL__OAUTH__REFRESH_GRACE: oauth.refresh_grace expects a span of time, such as 30, \"500 ms\", \"10 m\", \"1 h\" or \"30 d\", got the text \"soon\"",
    ),
    (
        "",
        &[("GRANTWELL__ACCOUNTS__REGISTRATIONS", "true")],
        "variable GRANTWELL__ACCOUNTS__REGISTRATIONS: accounts.registrations is not a setting; did you mean accounts.registration?",
    ),
    (
        "",
        &[("GRANTWELL__LISTEN", "x")],
        "variable GRANTWELL__LISTEN: the name has to be GRANTWELL__SECTION__KEY, such as GRANTWELL__SERVER__LISTEN",
    ),
    (
        "",
        &[("DATABASE_URL_FILE", "/nowhere/at/all")],
        "variable DATABASE_URL_FILE: database.url_file names /nowhere/at/all, which cannot be read: ",
    ),
    (
        "",
        &[("DATABASE_URL_FILE", "/x"), ("DATABASE_URL", "y")],
        "variable DATABASE_URL: database.url is given twice, also as database.url_file (variable DATABASE_URL_FILE): keep one of them",
    ),
    (
        "",
        &[("GRANTWELL__SERVER__LISTEN_FILE", "/x")],
        "variable GRANTWELL__SERVER__LISTEN_FILE: server.listen_file is not a setting; did you mean server.listen?",
    ),
    (
        "[server]\npublic_url = \"ftp://x\"",
        &[],
        "server.public_url is ftp://x/: it has to begin with https://",
    ),
    (
        "[keys]\nmaster_key = \"a\"\nmaster_key_file = \"b\"",
        &[],
        "grantwell.toml, line 2: keys.master_key is given twice",
    ),
    (
        "[oauth]\naccess_token_lifetime = 0",
        &[],
        "oauth.access_token_lifetime is 0: no token could be used",
    ),
    ("[server]\nmax_connections = 0", &[], "server.max_connections is 0: nobody could connect"),
    (
        "[oauth]\nissuer = \"https://u@id.example\"",
        &[],
        "oauth.issuer is https://u@id.example/: it may not hold a user name",
    ),
];

#[test]
fn what_is_wrong_is_said_with_its_place_and_the_way_out() {
    for (toml, environment, expected) in WRONG {
        let error =
            loaded(&Given { toml, environment, flags: &[] }, Settings::default()).unwrap_err();
        assert!(error.0[0].starts_with(expected), "expected {expected}\n     got {}", error.0[0]);
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let toml = "[server]\nlissen = 1\nbody_limit = \"x\"\n";
    let error =
        loaded(&Given { toml, environment: &[], flags: &[] }, Settings::default()).unwrap_err();
    assert_eq!(error.0.len(), 2, "{error}");
}

#[test]
fn a_secret_is_read_from_its_file_without_the_line_end() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "sqlite://from-a-file\n").unwrap();
    let environment = vec![("DATABASE_URL_FILE".to_owned(), secret.path().display().to_string())];
    let empty = tempfile::NamedTempFile::new().unwrap();
    let sources = Sources { file: Some(empty.path().into()), environment, flags: Vec::new() };
    assert_eq!(
        load(Settings::default(), &sources).unwrap().settings.database_url(),
        "sqlite://from-a-file"
    );
}

#[test]
fn settings_that_loosen_are_named() {
    let mut settings = Settings::default();
    assert!(settings.loosened().is_empty());
    settings.accounts.allow_common_passwords = true;
    assert_eq!(settings.loosened(), ["accounts.allow_common_passwords"]);
}

#[test]
fn a_named_file_that_is_not_there_is_a_fault() {
    let sources = Sources { file: Some("/nowhere/grantwell.toml".into()), ..Sources::default() };
    let error = load(Settings::default(), &sources).unwrap_err();
    assert!(
        error.0[0].starts_with("The settings file /nowhere/grantwell.toml cannot be read"),
        "{error}"
    );
}

/// A profile lies under everything that is set by itself, whichever layer chose it.
#[test]
fn a_profile_turns_switches_that_may_still_be_set() {
    let legacy = Given { toml: "[oauth]\nprofile = \"legacy\"\n", environment: &[], flags: &[] };
    let Loaded { settings, origins } = loaded(&legacy, Settings::default()).unwrap();
    let oauth = &settings.oauth;
    assert!(oauth.allow_password_grant && oauth.allow_plain_pkce && oauth.allow_implicit);
    assert!(!origins.contains_key("oauth.allow_implicit"), "nobody has set it by itself");
    let mut project = Settings::default();
    project.oauth.profile = crate::settings::Profile::Legacy;
    let bare = Given { toml: "", environment: &[], flags: &[] };
    assert!(loaded(&bare, project).unwrap().settings.oauth.allow_implicit, "a project may choose");
    let narrower = Given { flags: &[("oauth.allow_implicit", "false")], ..legacy };
    let oauth = loaded(&narrower, Settings::default()).unwrap().settings.oauth;
    assert!(oauth.allow_plain_pkce && !oauth.allow_implicit);
    let other = Given { environment: &[("GRANTWELL__OAUTH__PROFILE", "mcp")], ..narrower };
    let oauth = loaded(&other, Settings::default()).unwrap().settings.oauth;
    assert!(oauth.allow_client_id_documents && !oauth.allow_plain_pkce, "the variable counts");
    let odd = Given { flags: &[("oauth.profile", "strict")], ..other };
    let faults = loaded(&odd, Settings::default()).unwrap_err();
    assert!(faults.to_string().contains("oauth21"), "{faults}");
}

#[test]
fn the_profile_for_tests_is_for_this_machine_alone() {
    for (listen, good) in [
        ("127.0.0.1:8000", true),
        ("[::1]:8000", true),
        ("localhost:0", true),
        ("0.0.0.0:8000", false),
        ("[::]:8000", false),
        ("192.0.2.1:8000", false),
        ("auth.example:8000", false),
    ] {
        let mut base = Settings::default();
        base.server.listen = listen.to_owned();
        let given =
            Given { toml: "[oauth]\nprofile = \"testing\"\n", environment: &[], flags: &[] };
        let result = loaded(&given, base);
        assert_eq!(result.is_ok(), good, "{listen}: {result:?}");
    }
}
