//! The icons there are: a selection from Lucide, as paths (`data/PROVENANCE.md`).

use crate::choice::Choice as _;
use crate::choice::choices;
use std::sync::OnceLock;

choices! {
    /// What icons are about.
    Category:
    #[default] Honour "honour" "Honours" "表彰・達成";
    Learning "learning" "Learning" "学習";
    Science "science" "Science" "科学";
    Technology "technology" "Technology" "技術・IT";
    People "people" "People" "人・協力";
    Work "work" "Work" "仕事";
    Arts "arts" "Arts" "芸術";
    Nature "nature" "Nature" "自然・環境";
    Health "health" "Health, safety and sport" "健康・安全・スポーツ";
    World "world" "Places and travel" "場所・旅";
}

/// One icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icon {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub category: Category,
    /// English words for it.
    pub en: &'static str,
    /// Japanese words for it.
    pub ja: &'static str,
    /// Path data on a canvas of 24 × 24, to be stroked with round ends.
    pub path: &'static str,
}

/// The side of an icon's canvas.
pub(crate) const SIDE: f64 = 24.0;

/// All of them, by category.
pub fn all() -> &'static [Icon] {
    static ALL: OnceLock<Vec<Icon>> = OnceLock::new();
    ALL.get_or_init(|| include_str!("../data/icons.tsv").lines().filter_map(row).collect())
}

/// The icon of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Icon> {
    all().iter().find(|icon| icon.name == name)
}

fn row(line: &'static str) -> Option<Icon> {
    let mut cells = line.split('\t');
    let mut next = || cells.next();
    Some(Icon { name: next()?, category: Category::named(next()?)?, en: next()?, ja: next()?, path: next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_an_icon_of_its_own_with_words_in_both_languages() {
        let rows = include_str!("../data/icons.tsv").lines().count();
        assert_eq!(all().len(), rows);
        assert!(rows >= 150);
        for (index, icon) in all().iter().enumerate() {
            assert!(all()[..index].iter().all(|other| other.name != icon.name), "{}", icon.name);
            assert!(
                !icon.en.is_empty() && icon.ja.chars().any(|c| c > '\u{3000}' || c.is_ascii_uppercase()),
                "{icon:?}"
            );
            assert!(icon.path.starts_with('M') && icon.path.len() < 2_000, "{}", icon.name);
        }
        for category in Category::ALL {
            assert!(all().iter().filter(|icon| icon.category == *category).count() >= 10, "{category:?}");
        }
    }
}
