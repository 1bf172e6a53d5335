//! The authorization server alone: accounts, applications and tokens, without resources of its own. Its scopes are the
//! setting `oauth.scopes`.

fn main() -> grantwell::Result {
    grantwell::Project::new("grantwell").main()
}
