//! The stages of `cargo xtask test`: what the gate checks, in the order in which a fault is cheapest to find.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::console::Ground;
use crate::output::say;
use crate::postgres::Postgres;
use crate::server::Server;
use crate::{console, tidy, tools};

/// What the stages share: the database server that some of them need.
struct House {
    root: PathBuf,
    postgres: Option<Postgres>,
    skipped: Vec<String>,
}

type Stage = (&'static str, fn(&mut House) -> Result<(), String>);

const STAGES: &[Stage] = &[
    ("fmt", fmt),
    ("tidy", |_| tidy::run()),
    ("clippy", clippy),
    ("example", example),
    ("console", console_blocks),
    ("docs", docs),
    ("clients", clients),
    ("browser", browser),
    ("rust", rust),
];

/// Run the named stages, or all of them.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    if let Some(unknown) = names.iter().find(|name| !STAGES.iter().any(|(stage, _)| stage == *name))
    {
        let known: Vec<_> = STAGES.iter().map(|(stage, _)| *stage).collect();
        return Err(format!("there is no stage {unknown}; the stages are: {}", known.join(" ")));
    }
    let mut house = House::new();
    for (name, stage) in STAGES {
        if !names.is_empty() && !names.contains(name) {
            continue;
        }
        say(&format!("\n=== {name}"));
        let begun = Instant::now();
        stage(&mut house).map_err(|fault| format!("stage {name}: {fault}"))?;
        say(&format!("=== {name}: passed in {} s", begun.elapsed().as_secs()));
    }
    for line in &house.skipped {
        say(&format!("skipped: {line}"));
    }
    if tools::in_ci() && !house.skipped.is_empty() {
        return Err("nothing may be skipped in the gate".to_owned());
    }
    say("\nall stages passed");
    Ok(())
}

/// `cargo xtask bench`: build for release and run the bench program.
pub(crate) fn bench(flags: &[&str]) -> Result<(), String> {
    let postgres = Postgres::start()?;
    // What is measured stands beside the program that measures.
    let built = ["build", "--release", "--package", "unicorn", "--package", "grantwell-bench"];
    tools::run(&mut cargo(&built))?;
    let mut command = Command::new(tools::target().join("release/bench"));
    tools::run(command.args(flags).env("GRANTWELL_TEST_POSTGRES", postgres.url()))
}

/// `cargo xtask generate`: the test that holds the generated pages against the program writes them.
pub(crate) fn generate() -> Result<(), String> {
    let test = "command::reference::the_reference_pages_are_what_the_program_says";
    let mut command = cargo(&["test", "--quiet", "--package", "grantwell", "--lib", test]);
    tools::run(command.env("GRANTWELL_GENERATE", "1"))
}

fn fmt(_: &mut House) -> Result<(), String> {
    tools::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    let apart = ["fmt", "--all", "--check", "--manifest-path", "tests/clients-rust/Cargo.toml"];
    tools::run(&mut cargo(&apart))
}

fn clippy(_: &mut House) -> Result<(), String> {
    tools::run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

fn rust(house: &mut House) -> Result<(), String> {
    let mut command = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    if let Some(url) = house.postgres()? {
        command.env("GRANTWELL_TEST_POSTGRES", url);
    }
    tools::run(&mut command)
}

fn docs(_: &mut House) -> Result<(), String> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    tools::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// All examples in one build: with other packages named, cargo would choose other features and build everything anew.
fn example(_: &mut House) -> Result<(), String> {
    let packages =
        ["unicorn", "bookshop", "resource-server", "badge"].map(|name| ["--package", name]);
    tools::run(cargo(&["build", "--locked"]).args(packages.as_flattened()))
}

/// Whatever the README and the pages of the book show to be run, on both databases.
fn console_blocks(house: &mut House) -> Result<(), String> {
    show(house, &[])
}

/// `cargo xtask console`: the same for the pages whose paths contain one of `parts`.
pub(crate) fn console(parts: &[&str]) -> Result<(), String> {
    let mut house = House::new();
    show(&mut house, parts)?;
    house.skipped.iter().for_each(|line| say(&format!("skipped: {line}")));
    Ok(())
}

fn show(house: &mut House, parts: &[&str]) -> Result<(), String> {
    example(house)?;
    for page in console::page::all(&house.root)? {
        let shown = page.display().to_string();
        let asked_for = parts.is_empty() || parts.iter().any(|part| shown.contains(part));
        if !asked_for || !console::has_steps(&page)? {
            continue;
        }
        let binary = binary(console::example(&page)?.as_deref().unwrap_or("unicorn"));
        let mut databases = vec![None];
        if let Some(postgres) = house.server()? {
            let stem = page.file_stem().and_then(|stem| stem.to_str()).unwrap_or("page");
            let name = format!("console_{}", stem.to_lowercase().replace('-', "_"));
            databases.push(Some(postgres.database(&name)?));
        }
        for database in databases {
            console::run(&page, &Ground { binary: &binary, database: database.as_deref() })?;
        }
    }
    Ok(())
}

/// Client libraries that we did not write, against a started server that lets them register themselves, knows the
/// response types of old, and trusts a server of each language's tests.
fn clients(house: &mut House) -> Result<(), String> {
    let partners = [partner()?, partner()?];
    let settings = settings_for_clients(&partners);
    let crates = Crates::build(house)?;
    for_each_server(house, ("unicorn", "clients"), &settings, |house, server| {
        let [for_node, for_python] = &partners;
        let opinion = Crates::second_opinion();
        let told = [("GRANTWELL_PARTNER", for_node), ("GRANTWELL_SECOND_OPINION", &opinion)];
        node(house, server, "tests/clients", &told)?;
        python(house, server, &[("GRANTWELL_PARTNER", for_python)])?;
        schemathesis(house, server, "schemathesis.toml")?;
        crates.test(server)
    })?;
    for_each_server(house, ("bookshop", "bookshop"), "", |house, server| {
        schemathesis(house, server, "schemathesis-bookshop.toml")
    })
}

/// Where a test will publish the keys of a server that ours trusts.
fn partner() -> Result<String, String> {
    Ok(format!("http://127.0.0.1:{}", tools::free_port()?))
}

fn settings_for_clients(partners: &[String]) -> String {
    let mut settings =
        "[fetch]\nallow_http = true\nallow_private_networks = true\n[oauth]\nclient_registration = true\nallow_open_client_registration = true\n\
        client_registrations_per_address = 1000\nallow_implicit = true\n"
            .to_owned();
    for partner in partners {
        settings.push_str("[[oauth.trusted_issuers]]\nsubject = \"username\"\n");
        for (key, value) in
            [("issuer", partner.clone()), ("jwks_uri", format!("{partner}/jwks.json"))]
        {
            settings.extend([key, " = \"", &value, "\"\n"]);
        }
    }
    settings
}

/// The tests by crates that we did not write, in a workspace of their own.
struct Crates {
    folder: PathBuf,
}

impl Crates {
    fn build(house: &House) -> Result<Self, String> {
        let crates = Self { folder: house.root.join("tests/clients-rust") };
        tools::run(crates.cargo("build").arg("--bins"))?;
        Ok(crates)
    }

    /// The program that serves one of the second opinions.
    fn second_opinion() -> String {
        binary("second-opinion").display().to_string()
    }

    fn test(&self, server: &Server) -> Result<(), String> {
        tools::run(subject(&mut self.cargo("test"), server))
    }

    fn cargo(&self, verb: &str) -> Command {
        let mut command = Command::new("cargo");
        command.args([verb, "--locked", "--quiet"]).current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", tools::target());
        command
    }
}

/// A real browser, against a started server.
fn browser(house: &mut House) -> Result<(), String> {
    if tools::find(&["chromium", "chromium-browser", "google-chrome"]).is_none()
        && let Err(fault) = tools::install(&["chromium"])
    {
        house.skipped.push(format!("browser tests: no Chromium ({fault})"));
        return Ok(());
    }
    let settings = "[oauth]\nsession_management = true\n";
    for_each_server(house, ("unicorn", "browser"), settings, |house, server| {
        let database = match (server.database(), house.server()?) {
            ("", _) | (_, None) => None,
            (_, Some(postgres)) => Some(postgres.database("browser_shop")?),
        };
        let shop = Server::start(&binary("bookshop"), database.as_deref(), settings)?;
        let address = format!("http://127.0.0.1:{}", shop.port());
        node(house, server, "tests/browser", &[("GRANTWELL_SHOP_URL", &address)])
            .map_err(|fault| format!("{fault}\nthe shop's log:\n{}", shop.log()))
    })
}

fn for_each_server(
    house: &mut House,
    (program, what): (&str, &str),
    settings: &str,
    run: impl Fn(&mut House, &Server) -> Result<(), String>,
) -> Result<(), String> {
    example(house)?;
    let mut databases = vec![None];
    if let Some(postgres) = house.server()? {
        databases.push(Some(postgres.database(what)?));
    }
    for database in databases {
        let server = Server::start(&binary(program), database.as_deref(), settings)?;
        run(house, &server)
            .map_err(|fault| format!("{fault}\nthe server's log:\n{}", server.log()))?;
    }
    Ok(())
}

/// Names of variables and their values, for one test program.
type Told<'a> = [(&'static str, &'a String)];

fn node(house: &mut House, server: &Server, folder: &str, told: &Told) -> Result<(), String> {
    let folder = house.root.join(folder);
    if tools::find(&["npm"]).is_none()
        && let Err(fault) = tools::install(&["nodejs", "npm"])
    {
        house.skipped.push(format!("{}: no Node.js ({fault})", folder.display()));
        return Ok(());
    }
    tools::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&folder),
    )?;
    let mut command = Command::new("node");
    command.arg("--test").current_dir(&folder).envs(told.iter().copied());
    tools::run(subject(&mut command, server))
}

fn python(house: &mut House, server: &Server, told: &Told) -> Result<(), String> {
    let folder = house.root.join("tests/clients");
    let venv = python_environment();
    let program = venv.join("bin/python");
    if !program.is_file() {
        let made = tools::run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        if let Err(fault) = made {
            house
                .skipped
                .push(format!("tests/clients in Python: no virtual environment ({fault})"));
            return Ok(());
        }
    }
    let pip = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"];
    tools::run(Command::new(&program).args(pip).current_dir(&folder))?;
    let mut command = Command::new(&program);
    command.args(["-m", "pytest", "-q"]).current_dir(&folder).envs(told.iter().copied());
    tools::run(subject(&mut command, server))
}

/// Requests made up from the OpenAPI document, good ones and bad ones, with every check that there is; it prints what it did.
fn schemathesis(house: &House, server: &Server, config: &str) -> Result<(), String> {
    let program = python_environment().join("bin/schemathesis");
    if !program.is_file() {
        // Without Python nothing is there; that was said above.
        return Ok(());
    }
    let folder = house.root.join("tests/clients");
    let token = tools::ask(subject(
        Command::new(python_environment().join("bin/python"))
            .arg("access_token.py")
            .current_dir(&folder),
        server,
    ))?;
    let mut command = Command::new(&program);
    command.args(["--config-file", config, "run", "--url"]);
    let address = format!("http://127.0.0.1:{}", server.port());
    command.arg(&address).arg(format!("{address}/openapi.json")).current_dir(&folder);
    // By the environment: what stands on a command line is shown.
    tools::run(command.env("GRANTWELL_TOKEN", token.trim()))
}

fn python_environment() -> PathBuf {
    tools::target().join("python-clients")
}

/// Tell a test program where the server is and how to reach its commands.
fn subject<'a>(command: &'a mut Command, server: &Server) -> &'a mut Command {
    command
        .env("GRANTWELL_URL", format!("http://127.0.0.1:{}", server.port()))
        .env("GRANTWELL_BINARY", binary("unicorn"))
        .env("GRANTWELL_FOLDER", server.folder())
        .env("GRANTWELL_DATABASE", server.database())
}

fn binary(name: &str) -> PathBuf {
    let profile: &Path = "debug".as_ref();
    tools::target().join(profile).join(name)
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(tools::root());
    command
}

impl House {
    fn new() -> Self {
        Self { root: tools::root(), postgres: None, skipped: Vec::new() }
    }

    /// The PostgreSQL of this run, started at the first need; `None` where there is none to be had.
    fn server(&mut self) -> Result<Option<&Postgres>, String> {
        if self.postgres.is_none() {
            match Postgres::start() {
                Ok(server) => self.postgres = Some(server),
                Err(fault) if tools::in_ci() => return Err(fault),
                Err(fault) => {
                    let line = format!("everything on PostgreSQL: {fault}");
                    if !self.skipped.contains(&line) {
                        self.skipped.push(line);
                    }
                }
            }
        }
        Ok(self.postgres.as_ref())
    }

    fn postgres(&mut self) -> Result<Option<String>, String> {
        Ok(self.server()?.map(Postgres::url))
    }
}
