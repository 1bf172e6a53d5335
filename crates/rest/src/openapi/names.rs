//! The names of schemas and operations: made from paths, so that they stay when other things change, and each used once.
use std::collections::BTreeSet;

/// The names of one resource.
#[derive(Clone, Debug)]
pub(super) struct ResourceNames {
    /// Of what is shown, and of the tag: `Unicorn`.
    pub(super) schema: String,
    /// The end of operation ids: `unicorn`.
    pub(super) operation: String,
}

impl ResourceNames {
    /// The schema of what is taken by POST, PUT and PATCH.
    pub(super) fn input(&self, verb: &str) -> String {
        format!("{}{verb}", self.schema)
    }
}

/// The names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names {
    resources: BTreeSet<String>,
    operations: BTreeSet<String>,
}

impl Names {
    /// The names of the resource at a path. The first of its name keeps it, also when the same path is added below another
    /// prefix later.
    pub(super) fn of_resource(&mut self, prefix: &str, path: &str) -> ResourceNames {
        let short = snake(path);
        let operation = if self.resources.contains(&short) {
            format!("{}_{short}", snake(prefix))
        } else {
            short
        };
        self.resources.insert(operation.clone());
        ResourceNames { schema: pascal(&operation), operation }
    }

    /// An operation id that stands once below each prefix.
    pub(super) fn operation(&mut self, prefix: &str, name: &str) -> String {
        let full = if self.operations.contains(name) {
            format!("{}_{name}", snake(prefix))
        } else {
            name.to_owned()
        };
        self.operations.insert(full.clone());
        full
    }
}

/// `stable/red-horse` → `stable_red_horse`.
pub(super) fn snake(path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

fn pascal(snake: &str) -> String {
    let words = snake.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_paths_and_the_first_keeps_its_own() {
        let mut names = Names::default();
        for (prefix, path, schema, operation) in [
            ("/v1", "unicorn", "Unicorn", "unicorn"),
            ("/v1", "stable/red-horse", "StableRedHorse", "stable_red_horse"),
            ("/v2", "unicorn", "V2Unicorn", "v2_unicorn"),
        ] {
            let made = names.of_resource(prefix, path);
            assert_eq!((made.schema.as_str(), made.operation.as_str()), (schema, operation));
        }
        assert_eq!(names.operation("/v1", "list_resources"), "list_resources");
        assert_eq!(names.operation("/v2", "list_resources"), "v2_list_resources");
    }
}
