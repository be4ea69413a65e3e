//! `--name value` pairs.

use std::collections::BTreeMap;

/// The options of one command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments(BTreeMap<String, String>);

impl Arguments {
    /// Reads pairs; `--json` may stand alone, as answers are always JSON.
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = BTreeMap::new();
        let mut words = words.filter(|word| word != "--json");
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or_else(|| format!("expected an option, not {word}"))?;
            let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
            if options.insert(name.to_owned(), value).is_some() {
                return Err(format!("--{name} is given twice"));
            }
        }
        Ok(Self(options))
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, String> {
        self.optional(name).ok_or_else(|| format!("--{name} is needed"))
    }

    /// Refuses options that the command does not know: a mistyped one must not be dropped silently.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(format!("this command knows no --{name}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Arguments, String> {
        Arguments::read(text.split(' ').map(str::to_owned))
    }

    #[test]
    fn pairs_are_read_and_mistakes_named() {
        let arguments = read("--name Acme --json --url https://a.example").unwrap();
        assert_eq!(arguments.required("name"), Ok("Acme"));
        assert!(arguments.only(&["name"]).is_err() && arguments.only(&["name", "url"]).is_ok());
        assert!(read("--name").is_err() && read("name Acme").is_err() && read("--a 1 --a 2").is_err());
    }
}
