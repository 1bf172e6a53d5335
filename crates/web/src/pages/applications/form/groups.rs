//! The members of a registration that a developer may write on the pages, in groups, with the words that explain them.

/// Fields that belong together.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) help: &'static str,
    pub(super) members: &'static [Member],
}

/// One member of the registration.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) shape: Shape,
}

/// How a member is typed and what its value is.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A text.
    Line,
    /// A web address.
    Address,
    /// A list of texts, one on each line.
    Lines,
    /// A number of seconds.
    Seconds,
    /// Yes or no.
    Switch,
    /// A JSON object.
    Json,
    /// One of these words, each with what it means.
    OneOf(&'static [(&'static str, &'static str)]),
    /// The same, and nothing is no choice.
    JustOneOf(&'static [(&'static str, &'static str)]),
    /// One of the algorithms that this server signs with.
    Signing,
}

const fn member(
    name: &'static str,
    label: &'static str,
    shape: Shape,
    help: &'static str,
) -> Member {
    Member { name, label, help, shape }
}

pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "What people see",
        help: "People can look at these pages before they allow anything.",
        members: &[
            member("client_uri", "Home page", Shape::Address, ""),
            member("logo_uri", "Logo", Shape::Address, "The address of an image."),
            member("policy_uri", "Privacy policy", Shape::Address, ""),
            member("tos_uri", "Terms of service", Shape::Address, ""),
            member(
                "contacts",
                "Contacts",
                Shape::Lines,
                "One on each line: e-mail addresses of those who answer for it.",
            ),
        ],
    },
    Group {
        title: "Browsers",
        help: "Where browsers go, and whose scripts may ask.",
        members: &[
            member(
                "allowed_origins",
                "Allowed origins",
                Shape::Lines,
                "One on each line, such as https://app.example.com: the sites whose scripts may ask for tokens of this application.",
            ),
            member(
                "initiate_login_uri",
                "Where a sign-in begins",
                Shape::Address,
                "People can open the application from here.",
            ),
        ],
    },
    Group {
        title: "Keys",
        help: "For an application that signs instead of sending a secret, or that signs its requests. Say where the keys are, or bring them, not both.",
        members: &[
            member(
                "jwks_uri",
                "Address of its public keys",
                Shape::Address,
                "A JSON Web Key Set that the application publishes.",
            ),
            member(
                "jwks",
                "Its public keys",
                Shape::Json,
                "A JSON Web Key Set: an object with keys. Never a private key.",
            ),
            member(
                "token_endpoint_auth_signing_alg",
                "Algorithm of its signature",
                Shape::Line,
                "Such as ES256. Leave it empty to allow every one that fits its keys.",
            ),
        ],
    },
    Group {
        title: "Tokens",
        help: "What it gets. An empty field is what this server does for everybody.",
        members: &[
            member(
                "access_token_format",
                "Form of access tokens",
                Shape::OneOf(&[
                    ("sealed", "Sealed: only this server reads them"),
                    ("jwt", "JWT: any API can check them by itself"),
                ]),
                "",
            ),
            member(
                "access_token_lifetime",
                "Lifetime of access tokens",
                Shape::Seconds,
                "In seconds; at most what this server gives to everybody.",
            ),
            member("id_token_lifetime", "Lifetime of ID tokens", Shape::Seconds, "In seconds."),
            member("id_token_signed_response_alg", "Signature of ID tokens", Shape::Signing, ""),
            member(
                "userinfo_signed_response_alg",
                "Signature of userinfo answers",
                Shape::Signing,
                "Nothing: they are plain JSON.",
            ),
            member(
                "subject_type",
                "How it knows people",
                Shape::JustOneOf(&[
                    ("public", "By the same name as other applications"),
                    ("pairwise", "By a name that only it and its sector know"),
                ]),
                "",
            ),
            member(
                "sector_identifier_uri",
                "Document of its sector",
                Shape::Address,
                "A JSON list of the redirect URIs of all applications that shall know people by one name.",
            ),
        ],
    },
    Group {
        title: "Sign-in",
        help: "",
        members: &[
            member(
                "default_max_age",
                "Sign in again after",
                Shape::Seconds,
                "In seconds: people who signed in longer ago have to do it again.",
            ),
            member(
                "require_auth_time",
                "ID tokens always say when the person signed in",
                Shape::Switch,
                "",
            ),
        ],
    },
    Group {
        title: "Requests",
        help: "How strictly its requests for people are taken.",
        members: &[
            member(
                "require_pushed_authorization_requests",
                "Its requests have to be pushed first",
                Shape::Switch,
                "",
            ),
            member(
                "require_signed_request_object",
                "Its requests have to be signed",
                Shape::Switch,
                "",
            ),
            member(
                "request_object_signing_alg",
                "Algorithm of signed requests",
                Shape::Line,
                "Such as ES256. Leave it empty to allow every one that fits its keys.",
            ),
            member(
                "request_uris",
                "Addresses of requests",
                Shape::Lines,
                "One on each line: from where signed requests may be fetched.",
            ),
        ],
    },
    Group {
        title: "Signing out",
        help: "How it hears that somebody has signed out here.",
        members: &[
            member(
                "post_logout_redirect_uris",
                "Addresses after signing out",
                Shape::Lines,
                "One on each line: where people may be sent back to after signing out.",
            ),
            member(
                "backchannel_logout_uri",
                "Told server to server",
                Shape::Address,
                "It is sent a logout token. Prefer this one.",
            ),
            member(
                "backchannel_logout_session_required",
                "It has to be told of which session",
                Shape::Switch,
                "",
            ),
            member(
                "frontchannel_logout_uri",
                "Loaded in the browser",
                Shape::Address,
                "On the host of one of the redirect URIs.",
            ),
            member(
                "frontchannel_logout_session_required",
                "That has to say which session",
                Shape::Switch,
                "",
            ),
        ],
    },
    Group {
        title: "The software",
        help: "",
        members: &[
            member(
                "application_type",
                "Kind",
                Shape::JustOneOf(&[("web", "A site"), ("native", "An app on people's devices")]),
                "",
            ),
            member("software_id", "Identifier", Shape::Line, "The same for every installation."),
            member("software_version", "Version", Shape::Line, ""),
        ],
    },
];
