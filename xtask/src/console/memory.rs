//! What later commands of a page take from earlier answers, and what its addresses really are.

use std::collections::BTreeMap;

use serde_json::Value;

/// The values that answers held, by the names under which a page writes them: `<device code>` is the member
/// `device_code` of the last answer that had one, `<token>` is `access_token`.
#[derive(Debug, Default)]
pub(super) struct Memory {
    values: BTreeMap<String, String>,
    /// What a page writes and what stands for it here.
    addresses: Vec<(&'static str, String)>,
}

impl Memory {
    /// For a server on `port`, and one for the second server of a page, if it starts one.
    pub(super) fn new(port: u16, second: u16) -> Self {
        let first = format!("127.0.0.1:{port}");
        let here =
            ["0.0.0.0:8000", "localhost:8000", "127.0.0.1:8000"].map(|at| (at, first.clone()));
        let encoded = ("127.0.0.1%3A8000", format!("127.0.0.1%3A{port}"));
        Self {
            values: BTreeMap::new(),
            // The bare number first: the port that stands for 8000 may have these digits in it.
            addresses: [&[("8001", second.to_string()), encoded], &here[..]].concat(),
        }
    }

    /// Keep the members of a JSON object.
    pub(super) fn learn(&mut self, answer: &str) {
        let Ok(Value::Object(object)) = serde_json::from_str::<Value>(answer.trim()) else {
            return;
        };
        for (name, value) in object {
            match value {
                Value::String(text) => self.keep(&name, text),
                Value::Number(number) => self.keep(&name, number.to_string()),
                _ => {}
            }
        }
    }

    /// Keep the parameters of the address to which a browser was led.
    pub(super) fn learn_address(&mut self, address: &str) {
        let Some((_, query)) = address.split_once(['?', '#']) else { return };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            self.keep(name, value.to_owned());
        }
    }

    fn keep(&mut self, name: &str, value: String) {
        let name = if name == "access_token" { "token" } else { name };
        self.values.insert(format!("<{}>", name.replace('_', " ")), value);
    }

    /// A line of the page as it is here.
    pub(super) fn fill(&self, line: &str) -> String {
        let line = self
            .addresses
            .iter()
            .fold(line.to_owned(), |line, (page, here)| line.replace(page, here));
        self.values.iter().fold(line, |line, (mark, value)| line.replace(mark, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_carried_from_an_answer_to_the_next_command() {
        let mut memory = Memory::new(5, 6);
        memory.learn("{\"access_token\":\"abc\",\"device_code\":\"def\",\"id\":7}");
        memory.learn("not JSON");
        memory.learn_address("https://app.example/cb?code=ghi&state=x");
        let cases = [
            ("curl -H \"Bearer <token>\" 0.0.0.0:8000/", "curl -H \"Bearer abc\" 127.0.0.1:5/"),
            ("127.0.0.1:8001 <device code> <id> <code>", "127.0.0.1:6 def 7 ghi"),
            ("<refresh token>", "<refresh token>"),
        ];
        for (page, here) in cases {
            assert_eq!(memory.fill(page), here);
        }
    }

    #[test]
    fn a_port_with_the_digits_of_another_stays_whole() {
        let memory = Memory::new(38_001, 48_000);
        assert_eq!(memory.fill("127.0.0.1:8000 127.0.0.1:8001"), "127.0.0.1:38001 127.0.0.1:48000");
    }

    #[test]
    fn the_newest_answer_counts() {
        let mut memory = Memory::new(5, 6);
        memory.learn("{\"access_token\":\"old\"}");
        memory.learn("{\"access_token\":\"new\"}");
        assert_eq!(memory.fill("<token>"), "new");
    }
}
