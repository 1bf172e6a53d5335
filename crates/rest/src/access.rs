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

/// What may stand in `read = …` and `write = …`: a [`Scope`], several as a tuple `(Browse, Sell)`, alternatives as
/// [`AnyOf`]`<(Sell, Manage)>`, and [`Public`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may",
    label = "expected a scope declared with `scopes!`, `(A, B)` or `AnyOf<(A, B)>` of such scopes, or `Public` alone",
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

/// What may be one of several: a [`Scope`], a tuple of which all are needed, an [`AnyOf`] of which one is enough.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be one of several scopes",
    label = "expected a scope declared with `scopes!`, `(A, B)` or `AnyOf<(A, B)>`",
    note = "`Public` stands alone: `read = Public` opens reading to everybody"
)]
pub trait Scopes: Access {}

#[diagnostic::do_not_recommend]
impl<S: Scope> Scopes for S {}

/// One of the members of a tuple is enough: `AnyOf<(Sell, (Edit, Publish))>` is `Sell`, or `Edit` and `Publish` together. The first
/// is what callers are told to ask for, unless they have more of another.
#[derive(Debug)]
pub struct AnyOf<T>(std::marker::PhantomData<fn() -> T>);

/// Tuples of two to four members: all of them, and one of them.
macro_rules! several {
    ($($member:ident)+) => {
        impl<$($member: Scopes),+> Access for ($($member,)+) {
            const REQUIREMENT: Requirement = Requirement::All(&[$($member::REQUIREMENT),+]);
        }
        impl<$($member: Scopes),+> Scopes for ($($member,)+) {}
        impl<$($member: Scopes),+> Access for AnyOf<($($member,)+)> {
            const REQUIREMENT: Requirement = Requirement::Any(&[$($member::REQUIREMENT),+]);
        }
        impl<$($member: Scopes),+> Scopes for AnyOf<($($member,)+)> {}
    };
}

several!(A B);
several!(A B C);
several!(A B C D);

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
    /// What meets all of these.
    All(&'static [Self]),
    /// What meets one of these.
    Any(&'static [Self]),
}

impl Requirement {
    /// Whether scopes are enough; `has` says which there are.
    pub fn is_met_by(&self, has: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Public => true,
            Self::Scope(scope) => has(scope.name),
            Self::All(members) => members.iter().all(|member| member.is_met_by(has)),
            Self::Any(members) => members.iter().any(|member| member.is_met_by(has)),
        }
    }

    /// The sets of scopes of which each is enough, as declared; for everybody's, one that is empty.
    pub fn alternatives(&self) -> Vec<Vec<Declaration>> {
        match self {
            Self::Public => vec![Vec::new()],
            Self::Scope(scope) => vec![vec![*scope]],
            Self::Any(members) => members.iter().flat_map(Self::alternatives).collect(),
            Self::All(members) => members.iter().fold(vec![Vec::new()], |sets, member| {
                let more = member.alternatives();
                let joined = sets.iter().flat_map(|set| more.iter().map(|more| join(set, more)));
                joined.collect()
            }),
        }
    }

    /// All scopes that it names, each once.
    pub fn scopes(&self) -> Vec<Declaration> {
        self.alternatives().iter().fold(Vec::new(), |all, set| join(&all, set))
    }

    /// The scopes that a caller should ask for: of the alternatives the one of which they lack least, the first of several.
    pub fn nearest(&self, has: &dyn Fn(&str) -> bool) -> Vec<Declaration> {
        let lacks = |set: &Vec<Declaration>| set.iter().filter(|scope| !has(scope.name)).count();
        self.alternatives().into_iter().min_by_key(lacks).unwrap_or_default()
    }

    /// The scopes that a caller should ask for who has none, separated by spaces (RFC 6749 §3.3); empty for nothing.
    pub fn names(&self) -> String {
        names(&self.nearest(&|_| false))
    }

    /// What is needed, for people: `browse`, or `edit` and `publish`. Empty for nothing.
    pub fn words(&self) -> String {
        let set = |set: &Vec<Declaration>| {
            let names = set.iter().map(|scope| format!("`{}`", scope.name));
            names.collect::<Vec<_>>().join(" and ")
        };
        self.alternatives().iter().map(set).collect::<Vec<_>>().join(", or ")
    }

    /// The same with the word before it: "the scope `browse`".
    pub(crate) fn the_scopes(&self) -> String {
        let several = if self.scopes().len() > 1 { "scopes" } else { "scope" };
        format!("the {several} {}", self.words())
    }

    /// What each scope lets an application do.
    pub(crate) fn descriptions(&self) -> String {
        let all = self.scopes();
        all.iter().map(|scope| scope.description).collect::<Vec<_>>().join("; ")
    }
}

/// The names, separated by spaces.
pub(crate) fn names(scopes: &[Declaration]) -> String {
    scopes.iter().map(|scope| scope.name).collect::<Vec<_>>().join(" ")
}

fn join(one: &[Declaration], other: &[Declaration]) -> Vec<Declaration> {
    let mut all = one.to_vec();
    for scope in other {
        if !all.iter().any(|known| known.name == scope.name) {
            all.push(*scope);
        }
    }
    all
}

/// What each method of a resource asks for: `read` for GET, `write` for the others, unless `methods(…)` says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// GET and HEAD: lists and rows.
    pub get: Requirement,
    /// POST: a new row.
    pub post: Requirement,
    /// PUT: a row is replaced.
    pub put: Requirement,
    /// PATCH: a row is changed, or many are.
    pub patch: Requirement,
    /// DELETE: a row is removed, or many are.
    pub delete: Requirement,
}

impl Requirements {
    /// One for reading, one for everything else.
    pub const fn of<R: Access, W: Access>() -> Self {
        let write = W::REQUIREMENT;
        Self { get: R::REQUIREMENT, post: write, put: write, patch: write, delete: write }
    }

    /// Each with its method.
    pub(crate) fn each(&self) -> [(&'static str, Requirement); 5] {
        [
            ("GET", self.get),
            ("POST", self.post),
            ("PUT", self.put),
            ("PATCH", self.patch),
            ("DELETE", self.delete),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, AnyOf, Public, Requirement, Scope};

    macro_rules! scope {
        ($name:ident = $token:literal) => {
            struct $name;
            impl Scope for $name {
                const NAME: &'static str = $token;
                const DESCRIPTION: &'static str = "Do it";
            }
        };
    }
    scope!(Read = "read");
    scope!(Edit = "edit");
    scope!(Publish = "publish");
    scope!(Manage = "manage");

    fn met<A: Access>(scopes: &str) -> bool {
        A::REQUIREMENT.is_met_by(&|name| scopes.split(' ').any(|scope| scope == name))
    }

    #[test]
    fn a_scope_and_public_are_both_requirements() {
        assert_eq!(<Read as Access>::REQUIREMENT.names(), "read");
        assert_eq!(<Read as Access>::REQUIREMENT.scopes()[0].description, "Do it");
        assert_eq!(<Public as Access>::REQUIREMENT, Requirement::Public);
        assert_eq!(<Public as Access>::REQUIREMENT.names(), "");
        assert!(met::<Public>("") && met::<Read>("read") && !met::<Read>("reads edit"));
    }

    #[test]
    fn of_a_tuple_all_are_needed_and_of_alternatives_one() {
        type Both = (Edit, Publish);
        type Either = AnyOf<(Manage, Both)>;
        type Mixed = (Read, Either);
        assert!(met::<Both>("edit publish") && !met::<Both>("edit") && !met::<Both>("publish"));
        assert!(met::<Either>("manage") && met::<Either>("publish edit") && !met::<Either>("edit"));
        assert!(met::<Mixed>("read manage") && !met::<Mixed>("manage") && !met::<Mixed>("read"));
        let sets = <Mixed as Access>::REQUIREMENT.alternatives();
        let sets: Vec<String> = sets.iter().map(|set| super::names(set)).collect();
        assert_eq!(sets, ["read manage", "read edit publish"]);
        let words = <Mixed as Access>::REQUIREMENT.the_scopes();
        assert_eq!(words, "the scopes `read` and `manage`, or `read` and `edit` and `publish`");
        // No scope is named twice.
        assert_eq!(<(Read, (Read, Edit)) as Access>::REQUIREMENT.names(), "read edit");
    }

    #[test]
    fn callers_are_told_to_ask_for_what_they_lack_least_of() {
        let wanted = <AnyOf<(Manage, (Edit, Publish, Read))> as Access>::REQUIREMENT;
        for (has, told) in
            [("", "manage"), ("edit", "manage"), ("edit publish", "manage"), ("other", "manage")]
        {
            let has = |name: &str| has.split(' ').any(|scope| scope == name);
            assert_eq!(super::names(&wanted.nearest(&has)), told);
        }
        let wanted = <AnyOf<((Manage, Publish), (Edit, Read))> as Access>::REQUIREMENT;
        let has = |name: &str| name == "read";
        assert_eq!(super::names(&wanted.nearest(&has)), "edit read");
    }
}
