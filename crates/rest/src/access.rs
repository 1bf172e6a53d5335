//! Who may use a resource: scopes as types, and the requirement that each action states.

/// A scope known at compile time; declared with `scopes!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an OAuth scope",
    label = "expected a type declared with `scopes!`, or `Public`",
    note = "declare it: `scopes! {{ pub Read = \"read\" => \"See your unicorns\" }}`, then write `read = Read`"
)]
pub trait Scope: Send + Sync + 'static {
    /// The token on the wire (RFC 6749 §3.3).
    const NAME: &'static str;
    /// What it lets an application do, in words for the person who is asked.
    const DESCRIPTION: &'static str;
}

/// The answer "everybody, without a credential" to who may read or write a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Public;

/// What may stand in `read = …` and `write = …`: every [`Scope`], and [`Public`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may",
    label = "expected a scope declared with `scopes!`, or `Public`",
    note = "declare a scope: `scopes! {{ pub Read = \"read\" => \"See your unicorns\" }}`, then write `read = Read`"
)]
pub trait Access: 'static {
    /// What a caller has to bring.
    const REQUIREMENT: Requirement;
}

#[diagnostic::do_not_recommend]
impl<S: Scope> Access for S {
    const REQUIREMENT: Requirement =
        Requirement::Scope(Declaration { name: S::NAME, description: S::DESCRIPTION });
}

impl Access for Public {
    const REQUIREMENT: Requirement = Requirement::Public;
}

/// A declared scope as a value: its token and the words for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The token on the wire.
    pub name: &'static str,
    /// What it lets an application do.
    pub description: &'static str,
}

/// What a caller has to bring for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// Nothing: everybody may.
    Public,
    /// A credential that carries this scope.
    Scope(Declaration),
}

impl Requirement {
    /// The scope that it asks for, if any.
    pub const fn scope(&self) -> Option<Declaration> {
        match self {
            Self::Public => None,
            Self::Scope(declaration) => Some(*declaration),
        }
    }

    /// The token of the scope that it asks for, if any.
    pub const fn scope_name(&self) -> Option<&'static str> {
        match self {
            Self::Public => None,
            Self::Scope(declaration) => Some(declaration.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Public, Requirement, Scope};

    struct Read;
    impl Scope for Read {
        const NAME: &'static str = "read";
        const DESCRIPTION: &'static str = "See your unicorns";
    }

    #[test]
    fn a_scope_and_public_are_both_requirements() {
        assert_eq!(<Read as Access>::REQUIREMENT.scope_name(), Some("read"));
        assert_eq!(<Read as Access>::REQUIREMENT.scope().unwrap().description, "See your unicorns");
        assert_eq!(<Public as Access>::REQUIREMENT, Requirement::Public);
        assert_eq!(<Public as Access>::REQUIREMENT.scope(), None);
    }
}
