//! From what people wrote to what the fonts can show.
//!
//! Nothing here fails: what cannot be shown is replaced by a sign, and what was meant is kept beside it.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation;

use crate::fonts::{Coverage, Fonts};

/// Between the parts of a Japanese name.
const IDEOGRAPHIC_SPACE: char = '\u{3000}';

/// Where scripts begin that put no spaces between words.
const FIRST_IDEOGRAPHIC: char = '\u{2E80}';

/// A line of text that can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// What the fonts can show.
    pub(crate) shown: String,
    /// What was meant, where that is something else.
    pub(crate) meant: Option<String>,
}

/// A paragraph, or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paragraph {
    /// What stands before an item: a dot or its number.
    pub(crate) marker: Option<String>,
    pub(crate) text: Text,
}

/// Makes texts for a page.
pub(crate) struct Cleaner<'a> {
    coverage: Coverage<'a>,
    replacement: char,
}

impl<'a> Cleaner<'a> {
    pub(crate) fn new(fonts: &'a Fonts) -> Self {
        Self { coverage: fonts.coverage(), replacement: fonts.replacement }
    }

    /// One line: control characters and line ends become spaces, of which one remains; at most `limit` characters, the
    /// rest is cut and `…` put in its place.
    pub(crate) fn line(&self, text: &str, limit: usize) -> Text {
        self.showable(tidy(text, limit))
    }

    /// The paragraphs of a Markdown text without its marks, at most `limit` characters together.
    pub(crate) fn paragraphs(&self, markdown: &str, limit: usize) -> Vec<Paragraph> {
        let mut left = limit;
        let mut paragraphs = Vec::new();
        // What is never shown need not be parsed either: marks are seldom half of a text.
        for (marker, paragraph) in unmarked(prefix(markdown, limit.saturating_mul(4))) {
            let text = self.line(&paragraph, left);
            left = left.saturating_sub(text.shown.chars().count() + 1);
            if !text.shown.is_empty() {
                paragraphs.push(Paragraph { marker, text });
            }
            if left == 0 {
                break;
            }
        }
        paragraphs
    }

    /// Replaces what no font has, a user-perceived character at a time: marks need the font of their letter.
    fn showable(&self, meant: String) -> Text {
        if meant.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Text { shown: meant, meant: None };
        }
        let mut shown = String::with_capacity(meant.len());
        let mut left_out = false;
        for cluster in meant.graphemes(true) {
            // A party popper beside a name is no part of it: better nothing than a sign.
            if cluster.chars().any(is_pictograph) && !self.coverage.has_all(cluster) {
                left_out = true;
            } else {
                self.show(cluster, &mut shown);
            }
        }
        if left_out {
            shown = tidy(&shown, usize::MAX);
            if shown.is_empty() {
                shown.push(self.replacement);
            }
        }
        if shown == meant { Text { shown, meant: None } } else { Text { shown, meant: Some(meant) } }
    }

    fn show(&self, cluster: &str, shown: &mut String) {
        // Private characters mean nothing elsewhere, and PDF/A refuses them as meaning.
        if cluster.chars().any(is_private) {
            self.replace(cluster, shown);
        } else if self.coverage.has_all(cluster) {
            shown.push_str(cluster);
        } else {
            // Without marks and joiners that the font lacks the letter may still be there.
            let before = shown.len();
            let mut base = None;
            for character in cluster.chars() {
                if is_selector(character) {
                    if base.is_some_and(|base| self.coverage.has_variant(base, character)) {
                        shown.push(character);
                    }
                } else if self.coverage.has_all(character.encode_utf8(&mut [0; 4])) && base.is_none() {
                    shown.push(character);
                    base = Some(character);
                } else if base.is_none() && !is_joiner(character) {
                    break;
                }
            }
            if base.is_none() {
                shown.truncate(before);
                self.replace(cluster, shown);
            }
        }
    }

    /// One sign for each ideograph, as print does; one for a whole word of letters that no font has.
    fn replace(&self, cluster: &str, shown: &mut String) {
        if cluster.starts_with(is_ideograph) || !shown.ends_with(self.replacement) {
            shown.push(self.replacement);
        }
    }
}

/// The text up to `limit` bytes, cut between characters.
fn prefix(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

/// Leaves out what has no place in a line of print.
fn tidy(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    let mut space = None;
    for character in text.chars() {
        if character == IDEOGRAPHIC_SPACE {
            space = Some(character);
        } else if character.is_whitespace() || character.is_control() {
            space = space.or(Some(' '));
        } else if !is_unprintable(character) {
            if let Some(space) = space.take().filter(|_| !line.is_empty()) {
                line.push(space);
                count += 1;
            }
            if count >= limit {
                line.truncate(line.trim_end().len());
                line.push('…');
                break;
            }
            line.push(character);
            count += 1;
        }
    }
    line
}

/// Characters that steer instead of being read: bidirectional overrides and isolates, marks of other systems, tags,
/// and what Unicode says is no character. Joiners stay, Arabic and Indic names need them.
fn is_unprintable(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FDD0}'..='\u{FDEF}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
        || u32::from(character) & 0xFFFE == 0xFFFE
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{2E80}'..='\u{2FDF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
}

fn is_pictograph(character: char) -> bool {
    matches!(character, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{20E3}')
}

fn is_private(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

/// The paragraphs of a Markdown text, items with their dot or number, HTML left out.
fn unmarked(markdown: &str) -> Vec<(Option<String>, String)> {
    let mut paragraphs = vec![(None, String::new())];
    // The number of the next item, for each list that is open; of none in one with dots.
    let mut lists: Vec<Option<u64>> = Vec::new();
    let mut skipping = false;
    for event in Parser::new(markdown) {
        let Some((_, last)) = paragraphs.last_mut() else { break };
        match event {
            Event::Text(text) | Event::Code(text) if !skipping => last.push_str(&text),
            Event::SoftBreak if last.chars().next_back().is_some_and(|before| before < FIRST_IDEOGRAPHIC) => {
                last.push(' ');
            }
            Event::Start(Tag::List(first)) => lists.push(first),
            Event::End(TagEnd::List(_)) => {
                lists.pop();
            }
            Event::Start(Tag::Item) => {
                let number = lists.last_mut().and_then(Option::as_mut);
                let marker = number.map_or_else(
                    || "•".to_owned(),
                    |number| {
                        let marker = format!("{number}.");
                        *number = number.saturating_add(1);
                        marker
                    },
                );
                paragraphs.push((Some(marker), String::new()));
            }
            Event::Start(Tag::HtmlBlock) => skipping = true,
            Event::End(TagEnd::HtmlBlock) => skipping = false,
            Event::HardBreak
            | Event::Rule
            | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock) => {
                paragraphs.push((None, String::new()));
            }
            _ => {}
        }
    }
    paragraphs.retain(|(_, paragraph)| !paragraph.trim().is_empty());
    paragraphs
}

/// Where a title may break in Japanese: the parts of it that stay whole, each at least two characters long. A part ends after
/// punctuation and where kana that inflect or join (hiragana) are followed by the next word. No dictionary is asked, so
/// a part may be more than a phrase, but never less than a word.
pub(crate) fn phrases(text: &str) -> Vec<Range<usize>> {
    let mut phrases = Vec::new();
    let mut start = 0;
    let mut before: Option<Kind> = None;
    for (at, character) in text.char_indices() {
        let kind = Kind::of(character);
        if before.is_some_and(|before| before.ends_before(kind)) {
            phrases.push(start..at);
            start = at;
        }
        before = Some(kind);
    }
    phrases.push(start..text.len());
    phrases.retain(|phrase| text.get(phrase.clone()).is_some_and(|phrase| phrase.chars().nth(1).is_some()));
    phrases
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hiragana,
    Katakana,
    Ideograph,
    Opening,
    Punctuation,
    Other,
}

impl Kind {
    fn of(character: char) -> Self {
        match character {
            'ぁ'..='ゖ' => Self::Hiragana,
            'ァ'..='ヺ' | 'ー' => Self::Katakana,
            '々' => Self::Ideograph,
            '「' | '『' | '（' | '【' | '〈' | '《' => Self::Opening,
            '、' | '。' | '・' | '」' | '』' | '）' | '】' | '〉' | '》' | '！' | '？' | '：' => {
                Self::Punctuation
            }
            _ if is_ideograph(character) => Self::Ideograph,
            _ => Self::Other,
        }
    }

    const fn ends_before(self, next: Self) -> bool {
        match next {
            Self::Punctuation | Self::Hiragana => false,
            Self::Opening => !matches!(self, Self::Opening),
            Self::Katakana | Self::Ideograph => match self {
                Self::Hiragana | Self::Punctuation => true,
                Self::Katakana => matches!(next, Self::Ideograph),
                Self::Ideograph => matches!(next, Self::Katakana),
                Self::Opening | Self::Other => false,
            },
            Self::Other => matches!(self, Self::Hiragana | Self::Punctuation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_markdown_are_gone() {
        let markdown =
            "# Title\n\nSome *words* and [a link](https://a.example).\nMore `code`.\n\n- one\n- two\n\n<b>x</b>";
        let shown = |markdown| {
            let lines = unmarked(markdown).into_iter();
            lines
                .map(|(marker, text)| marker.map_or(text.clone(), |marker| format!("{marker} {text}")))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(markdown), ["Title", "Some words and a link. More code.", "• one", "• two", "x"]);
        assert_eq!(shown("<div onclick=x>\nhidden\n</div>\n\nshown"), ["shown"]);
        assert_eq!(shown("3. a\n   - b\n4. c\n\nd"), ["3. a", "• b", "4. c", "d"]);
        assert_eq!(shown("行の\n途中"), ["行の途中"]);
        assert_eq!(shown("- \n- x"), ["• x"]);
        assert_eq!(shown(""), Vec::<String>::new());
    }

    #[test]
    fn phrases_end_where_words_do() {
        let parts = |text: &'static str| phrases(text).into_iter().map(|part| &text[part]).collect::<Vec<_>>();
        assert_eq!(
            parts("学際的研究データ管理・再現可能な計算ワークフロー"),
            ["学際的研究", "データ", "管理・", "再現可能な", "計算", "ワークフロー"]
        );
        assert_eq!(parts("「開かれた」学術の基礎"), ["「開かれた」", "学術の", "基礎"]);
        assert_eq!(parts("佐々木"), ["佐々木"]);
        assert_eq!(parts("AI 入門"), ["AI 入門"]);
        assert_eq!(parts(""), Vec::<&str>::new());
    }

    #[test]
    fn overrides_and_controls_are_left_out() {
        assert_eq!(tidy("a\u{202E}b\u{2066}c\u{0}d\ne\u{FEFF}\u{FFFE}\t f", 99), "abc d e f");
        assert_eq!(tidy("  \n ", 99), "");
        assert_eq!(tidy(" 山田\u{3000} 太郎 ", 99), "山田\u{3000}太郎");
    }

    #[test]
    fn a_line_is_cut_at_its_limit() {
        assert_eq!(tidy("abcdef", 6), "abcdef");
        assert_eq!(tidy("abcdefg", 6), "abcdef…");
        assert_eq!(tidy("abc defg", 4), "abc…");
        assert_eq!(prefix("日本", 4), "日");
    }

    #[test]
    fn a_sign_stands_for_each_ideograph_and_for_each_run_of_other_letters() {
        let cleaner = Cleaner { coverage: Coverage::none(), replacement: '〓' };
        assert_eq!(cleaner.line("髙橋", 99).shown, "〓〓");
        assert_eq!(cleaner.line("🎉👩‍🚀", 99), Text { shown: "〓".into(), meant: Some("🎉👩‍🚀".into()) });
        assert_eq!(cleaner.line("plain", 99), Text { shown: "plain".into(), meant: None });
        assert_eq!(cleaner.line("\u{E000}", 99).shown, "〓");
    }
}
