//! Facts of [`oauth::bearer`]: how everything that an access token rests on is doing.

use jose::{Algorithm, Unverified, VerifyError};
use oauth::access_token::{AccessToken, Terms};
use oauth::active::{Facts, Standing, admit};
use oauth::id::AuthorizationId;
use oauth::issuer::Issuer;
use oauth::jwt_access_token;
use oauth::revocation::Subject;
use oauth::secret::Secret;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use vault::{MAX_SEALED_LENGTH, OpenError};

use crate::entity::revocation;
use crate::revocations::subject;
use crate::{Store, StoreError};

/// How an access token is signed.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// In whose name.
    pub issuer: &'a Issuer,
    /// With what.
    pub algorithm: Algorithm,
    /// By which means the person signed in, for resource servers to know.
    pub amr: &'a [String],
}

/// What a text turned out to be.
enum Opened {
    Token(Box<AccessToken>),
    UnknownKey,
    NotOurs,
}

impl Opened {
    fn token(self) -> Option<AccessToken> {
        match self {
            Self::Token(token) => Some(*token),
            Self::UnknownKey | Self::NotOurs => None,
        }
    }
}

impl Store {
    /// How everything that `token` rests on is doing. Takes no query while this node's view of the feed is
    /// fresh; a view older than [`crate::Options::max_staleness`] asks the database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the view is stale and the database away: nothing is accepted blindly.
    pub async fn standing(&self, token: &AccessToken) -> Result<Facts, StoreError> {
        let known = self.0.view.standing(token);
        // What this node knows to be dead is dead, however old the knowledge.
        if admit(&known).is_err() || self.0.view.is_fresh(self.0.options.max_staleness) {
            return Ok(known);
        }
        self.ask_standing(token).await
    }

    /// Opens an access token of either form; `None` if it is none of ours, or of another issuer. A key that is not
    /// known to a node which has not read the feed lately may be new: then the keys are loaded first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when they cannot be: whether the token is good is not known.
    pub async fn open_access_token(
        &self,
        text: &str,
        issuer: &Issuer,
    ) -> Result<Option<AccessToken>, StoreError> {
        match self.open_with_known_keys(text, issuer) {
            Opened::UnknownKey if !self.is_fresh() => {
                self.catch_up().await?;
                Ok(self.open_with_known_keys(text, issuer).token())
            }
            opened => Ok(opened.token()),
        }
    }

    fn open_with_known_keys(&self, text: &str, issuer: &Issuer) -> Opened {
        // A sealed token begins with its version and purpose, a JWT with the JSON of its header.
        if !text.starts_with("eyJ") {
            return match self.vault().open(text) {
                Ok(token) => Opened::Token(Box::new(token)),
                Err(OpenError::UnknownKey) => Opened::UnknownKey,
                Err(_) => Opened::NotOurs,
            };
        }
        if text.len() > MAX_SEALED_LENGTH {
            return Opened::NotOurs;
        }
        let Ok(unverified) = Unverified::parse(text) else { return Opened::NotOurs };
        // Nothing else that we sign is worth an operation on big numbers here.
        if !unverified.header().is_type(jwt_access_token::TYPE) {
            return Opened::NotOurs;
        }
        match unverified.verify(&self.vault().public_keys(), &Algorithm::ALL) {
            Ok(verified) => jwt_access_token::parse(&verified, issuer)
                .map_or(Opened::NotOurs, |token| Opened::Token(Box::new(token))),
            Err(VerifyError::NoKey) => Opened::UnknownKey,
            Err(_) => Opened::NotOurs,
        }
    }

    /// Whether this node's view of the feed is fresh enough to answer without the database.
    pub fn is_fresh(&self) -> bool {
        self.0.view.is_fresh(self.0.options.max_staleness)
    }

    /// How many revocations this node holds in memory.
    pub fn revocations_held(&self) -> usize {
        self.0.view.len()
    }

    /// Seals an access token on these terms, with an id drawn for it.
    pub fn seal(
        &self,
        terms: Terms,
        authorization: Option<AuthorizationId>,
    ) -> Result<Secret, StoreError> {
        let token = terms.into_token(self.entropy().token_id()?, authorization);
        let text = self.vault().seal(&token).map_err(|error| StoreError::Key(error.to_string()))?;
        Ok(Secret::new(text))
    }

    /// Signs an access token on these terms as a JWT (RFC 9068), with an id drawn for it.
    pub async fn sign_access_token(
        &self,
        terms: Terms,
        authorization: Option<AuthorizationId>,
        signed: Signed<'_>,
    ) -> Result<Secret, StoreError> {
        let token = terms.into_token(self.entropy().token_id()?, authorization);
        let claims = jwt_access_token::claims(&token, signed.issuer, signed.amr);
        let claims = serde_json::Value::Object(claims).to_string().into_bytes();
        let text = self.sign(jwt_access_token::TYPE, signed.algorithm, claims).await?;
        if text.len() > MAX_SEALED_LENGTH {
            return Err(StoreError::Key(format!(
                "the token would be {} characters long, more than the {MAX_SEALED_LENGTH} allowed: ask for fewer \
                 scopes or audiences",
                text.len()
            )));
        }
        Ok(Secret::new(text))
    }

    async fn ask_standing(&self, token: &AccessToken) -> Result<Facts, StoreError> {
        let mut names = vec![token.client.to_string(), token.id.to_string()];
        names.extend(token.user.map(|bearer| bearer.id.to_string()));
        names.extend(token.authorization.map(|id| id.to_string()));
        let rows = revocation::Entity::find()
            .filter(revocation::Column::Subject.is_in(names))
            .filter(
                revocation::Column::Kind
                    .is_in(oauth::revocation::Kind::ALL.map(oauth::revocation::Kind::as_str)),
            )
            .all(self.database().read())
            .await?;
        let mut facts = Facts {
            user: token.user.map(|_| Standing::Good),
            client: Standing::Good,
            authorization: token.authorization.map(|_| Standing::Good),
            token: Some(Standing::Good),
        };
        for row in &rows {
            let subject = subject(row)?;
            if !subject.kills(token) {
                continue;
            }
            match subject {
                Subject::User(..) => facts.user = Some(Standing::Outdated),
                Subject::Client(..) => facts.client = Standing::Outdated,
                Subject::Authorization(_) => facts.authorization = Some(Standing::Revoked),
                Subject::Token(_) => facts.token = Some(Standing::Revoked),
            }
        }
        Ok(facts)
    }
}
