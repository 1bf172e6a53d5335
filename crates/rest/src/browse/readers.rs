//! Whose browser is answered with a page.
use http::request::Parts;

use crate::{
    Result,
    docs::Readers,
    guard,
    negotiate::{self, Format, Offers},
    state::RestState,
};

/// The form of the answer; pages are only offered to those whom they are for.
///
/// # Errors
/// As [`negotiate::format`].
pub(crate) async fn format(state: &RestState, parts: &Parts, exports: bool) -> Result<Format> {
    let pages = state.browsable().is_some();
    let format = negotiate::format(parts, Offers { pages, exports });
    // Found out only where it makes a difference: programs ask for no page.
    match format {
        Ok(Format::Html) if !is_reader(state, parts).await => {
            negotiate::format(parts, Offers { pages: false, exports })
        }
        format => format,
    }
}

async fn is_reader(state: &RestState, parts: &Parts) -> bool {
    match state.browsable().map(|browsable| browsable.readers) {
        Some(Readers::Everybody) => true,
        None => false,
        Some(Readers::Staff) => match state.verifier().verify(parts).await {
            Ok(Some(principal)) => guard::is_staff(state, &principal).await.unwrap_or(false),
            // Who brought a credential that is not good is told so, as a program is.
            Ok(None) | Err(_) => false,
        },
    }
}
