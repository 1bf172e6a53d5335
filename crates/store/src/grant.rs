//! Facts and effects of each grant; one file per grant that reads or writes, named as in `oauth::grant`.

pub(crate) mod authorization_code;
pub(crate) mod device_code;
pub(crate) mod extension;
pub(crate) mod first_party;
pub(crate) mod jwt_bearer;
pub(crate) mod password;
pub(crate) mod refresh_token;
