//! Where a person lets a device in: the form for its code, the question, the answer (RFC 8628 §3.3).
//!
//! Opening an address answers nothing: the code is typed or confirmed in a form of ours, then it belongs to this person, and
//! only then is anything shown or asked.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::access_token::Bearer;
use oauth::authorization::Details;
use oauth::device::Approval;
use oauth::endpoint::device::{Approve, Ask, Decision, Facts, Request as Asked, decide};
use oauth::user_code::UserCode;
use pages::redirect::{LocalPath, see_other};
use pages::{Field, Form, FormPage, MessagePage, Refusal, Tone};
use serde::Serialize;
use store::FoundDevice;

use super::sign_in::query;
use super::wish::{Pressed, Stranger, Wish, initial, no_answer, pressed, wishes};
use super::{Opened, accept, open};
use crate::extract::address;
use crate::extract::page_form::PageForm;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::throttle;

/// What is said of every code that is no good, whatever is wrong with it.
const NOT_FOUND: &str = "This code is not good: it is mistyped, too old, or has been used. Compare it with your device, or have the device show a new one.";

/// `GET /o/device/`: the form for the code. What came with the address is filled in and nothing more.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    opened.visit.person(&state, &opened.parts)?;
    let given = query(&opened.parts, "user_code");
    let given = given.and_then(|text| UserCode::parse(&text).ok());
    page(&state, &opened, form(&state, given.map(|code| code.shown()).as_deref()))
}

/// `POST /o/device/`: the code, typed or confirmed. From now on it belongs to this person.
pub(crate) async fn enter(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &[]).await?;
    let person = person(&state, &opened)?;
    let typed = sent.text("user_code");
    let again =
        |fault: &str| page(&state, &opened, form(&state, Some(typed)).fail("user_code", fault));
    let Ok(code) = UserCode::parse(typed) else {
        return again("A code has eight letters, such as WDJB-MJHT.");
    };
    let address = address::client(&opened.parts, &state.settings.trusted_proxies);
    let tried = throttle::user_code(&state, person.user.id, address).await?;
    let found = state.store.device_codes().find(&code).await?;
    let claimed = match (answer(&state, &Asked::Enter, found.as_ref(), &person).await?, found) {
        (Decision::Claim, Some(found)) => {
            state.store.device_codes().claim(&found, person.user.id).await?
        }
        _ => false,
    };
    if !claimed {
        tracing::info!(target: "audit", event = "user_code_refused", user = %person.user.id, %address);
        return again(NOT_FOUND);
    }
    tried.succeeded(&state).await;
    Ok(see_other(&LocalPath::or(Some(&confirm_path(&state, &code)), &state.urls().device())))
}

/// `GET /o/device/confirm/`: asks. Whoever has not typed the code is sent to the form for it.
pub(crate) async fn confirm(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    opened.visit.person(&state, &opened.parts)?;
    let person = person(&state, &opened)?;
    let given = query(&opened.parts, "user_code").and_then(|text| UserCode::parse(&text).ok());
    let code = given.ok_or_else(|| PageFailure::elsewhere(&state.urls().device()))?;
    let found = state.store.device_codes().find_of(&code, person.user.id).await?;
    match (answer(&state, &Asked::Look, found.as_ref(), &person).await?, found) {
        (Decision::Ask(ask), Some(found)) => {
            let content = Content::new(&state, &opened, &found, &code, &ask);
            let frame = opened.visit.frame(&state, &opened.parts)?;
            let template = "device/confirm.html";
            let answer = state.pages.respond(StatusCode::OK, template, &frame.page, content);
            Ok(frame.finish(answer))
        }
        _ => Err(PageFailure::elsewhere(&enter_path(&state, &code))),
    }
}

/// `POST /o/device/confirm/`: what the person answered.
pub(crate) async fn decided(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &["scope"]).await?;
    let person = person(&state, &opened)?;
    let asked = asked(&sent).ok_or_else(no_answer)?;
    let code = UserCode::parse(sent.text("user_code"));
    let found = match &code {
        Ok(code) => state.store.device_codes().find_of(code, person.user.id).await?,
        Err(_) => None,
    };
    let decision = answer(&state, &asked, found.as_ref(), &person).await?;
    let (Some(found), Ok(code)) = (found, code) else { return Err(gone(&state).into()) };
    let devices = state.store.device_codes();
    let (done, told) = match &decision {
        Decision::Approve(approve) => {
            (devices.approve(&found, approve).await?, allowed(&found, approve))
        }
        Decision::Deny => (devices.deny(&found, person.user.id).await?, denied(&found, &person)),
        Decision::Leave => {
            devices.leave(&found, person.user.id).await?;
            let to = state.urls().sign_in_for(&enter_path(&state, &code), None, true);
            return Ok(see_other(&LocalPath::or(Some(&to), &state.urls().sign_in())));
        }
        Decision::Claim | Decision::Ask(_) | Decision::NotFound => return Err(gone(&state).into()),
    };
    if !done {
        return Err(gone(&state).into());
    }
    let frame = opened.visit.frame(&state, &opened.parts)?;
    let answer = state.pages.message(StatusCode::OK, &frame.page, &told);
    Ok(frame.finish(answer))
}

fn asked(sent: &PageForm) -> Option<Asked> {
    match (pressed(sent), sent.optional("other")) {
        (Some(Pressed::Allow(scope)), None) => Some(Asked::Allow(scope)),
        (Some(Pressed::Deny), None) => Some(Asked::Deny),
        (None, Some(_)) => Some(Asked::Leave),
        _ => None,
    }
}

/// Who is signed in, as it would be written into what they allow.
fn person(state: &State, opened: &Opened) -> Result<Approval, PageFailure> {
    opened.visit.person(state, &opened.parts)?;
    let live = opened.visit.session.as_ref().ok_or_else(Refusal::internal)?;
    let account = &live.user.account;
    Ok(Approval {
        user: Bearer { id: account.id, epoch: account.epoch },
        authenticated_at: live.session.session.authenticated_at,
        details: Details::by_password(),
    })
}

async fn answer(
    state: &State,
    asked: &Asked,
    found: Option<&FoundDevice>,
    person: &Approval,
) -> Result<Decision, PageFailure> {
    let consent = match found {
        Some(found) => state.store.consents().find(person.user.id, found.application.id).await?,
        None => None,
    };
    let device = found.map(|found| (&found.device, &found.application.client));
    let facts = Facts { device, person, consent: consent.as_ref() };
    Ok(decide(asked, &facts, state.policy(), state.clock.now()))
}

fn allowed(found: &FoundDevice, approve: &Approve) -> MessagePage {
    let client = &found.application.client;
    tracing::info!(
        target: "audit",
        event = "device_allowed",
        user = %approve.approval.user.id,
        client = %client.id,
        scope = %approve.scope,
    );
    let text = format!("{} on your device has access now. You can close this page.", client.name);
    MessagePage::new("You can go back to your device", Tone::Success, text)
}

fn denied(found: &FoundDevice, person: &Approval) -> MessagePage {
    let client = &found.application.client;
    tracing::info!(target: "audit", event = "device_denied", user = %person.user.id, client = %client.id);
    let text = format!("{} gets nothing. You can close this page.", client.name);
    let mut page = MessagePage::new("The device was refused", Tone::Info, text);
    page.paragraphs.push(
        "If somebody else sent you the code, they wanted to get into your account.".to_owned(),
    );
    page
}

fn form(state: &State, code: Option<&str>) -> Form {
    let field = Field::text("user_code", "Code")
        .required()
        .autofocus()
        .monospace()
        .autocomplete("off")
        .placeholder("WDJB-MJHT")
        .max_length(64)
        .help("Eight letters, as your device shows them. Capital or small makes no difference.");
    let form = Form::post(state.urls().device()).field(field).submit("Go on");
    match code {
        Some(code) => form.fill(&[("user_code", code)]),
        None => form,
    }
}

fn page(state: &State, opened: &Opened, form: Form) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let page = FormPage::new("Connect a device", form)
        .intro("Only go on if you have a device before you that shows this code, and you started it yourself.")
        .narrow();
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}

fn enter_path(state: &State, code: &UserCode) -> String {
    format!("{}?user_code={}", state.urls().device(), code.shown())
}

fn confirm_path(state: &State, code: &UserCode) -> String {
    format!("{}?user_code={}", state.urls().confirm_device(), code.shown())
}

fn gone(state: &State) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "This code is not good any more")
        .because("It is too old, or it has been answered.")
        .advise("Have your device show a new code.")
        .link("Enter a code", state.urls().device())
}

/// What the page that asks shows.
#[derive(Serialize)]
struct Content {
    code: String,
    client: String,
    initial: String,
    host: Option<String>,
    home: Option<String>,
    stranger: Option<Stranger>,
    scopes: Vec<Wish>,
    resources: Vec<String>,
    asked_at: i64,
    address: String,
    user_agent: String,
    person: String,
    action: String,
}

impl Content {
    fn new(
        state: &State,
        opened: &Opened,
        found: &FoundDevice,
        code: &UserCode,
        ask: &Ask,
    ) -> Self {
        let client = &found.application.client;
        let home = client.metadata.client_uri.clone();
        let host = home.as_deref().and_then(|home| url::Url::parse(home).ok());
        let person = opened.visit.account().map(|account| account.username.to_string());
        Self {
            code: code.shown(),
            initial: initial(&client.name),
            client: client.name.clone(),
            host: host.and_then(|url| url.host_str().map(str::to_owned)),
            home,
            stranger: Stranger::of(client),
            scopes: wishes(state.policy(), &ask.scope, &ask.new_scope),
            resources: found.device.asked.audience.clone(),
            asked_at: found.device.asked.created_at.as_millis(),
            address: found.address.clone(),
            user_agent: found.user_agent.clone(),
            person: person.unwrap_or_default(),
            action: state.urls().confirm_device(),
        }
    }
}
