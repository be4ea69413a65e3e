//! From what people wrote to what the fonts can show.
//!
//! Nothing here fails: what cannot be shown is replaced by a sign, and what was meant is kept beside it.

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
    pub(crate) fn paragraphs(&self, markdown: &str, limit: usize) -> Vec<Text> {
        let mut left = limit;
        let mut paragraphs = Vec::new();
        // What is never shown need not be parsed either: marks are seldom half of a text.
        for paragraph in unmarked(prefix(markdown, limit.saturating_mul(4))) {
            let line = self.line(&paragraph, left);
            left = left.saturating_sub(line.shown.chars().count() + 1);
            if !line.shown.is_empty() {
                paragraphs.push(line);
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
        for cluster in meant.graphemes(true) {
            self.show(cluster, &mut shown);
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

fn is_private(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

/// The paragraphs of a Markdown text, list items marked with a dot, HTML left out.
fn unmarked(markdown: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut skipping = false;
    for event in Parser::new(markdown) {
        let Some(last) = paragraphs.last_mut() else { break };
        match event {
            Event::Text(text) | Event::Code(text) if !skipping => last.push_str(&text),
            Event::SoftBreak if last.chars().next_back().is_some_and(|before| before < FIRST_IDEOGRAPHIC) => {
                last.push(' ');
            }
            Event::Start(Tag::Item) => {
                if !last.trim().is_empty() {
                    paragraphs.push(String::new());
                }
                if let Some(last) = paragraphs.last_mut() {
                    last.push_str("• ");
                }
            }
            Event::Start(Tag::HtmlBlock) => skipping = true,
            Event::End(TagEnd::HtmlBlock) => skipping = false,
            Event::HardBreak
            | Event::Rule
            | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock) => {
                paragraphs.push(String::new());
            }
            _ => {}
        }
    }
    paragraphs.retain(|paragraph| !matches!(paragraph.trim(), "" | "•"));
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_markdown_are_gone() {
        let markdown =
            "# Title\n\nSome *words* and [a link](https://a.example).\nMore `code`.\n\n- one\n- two\n\n<b>x</b>";
        assert_eq!(unmarked(markdown), ["Title", "Some words and a link. More code.", "• one", "• two", "x"]);
        assert_eq!(unmarked("<div onclick=x>\nhidden\n</div>\n\nshown"), ["shown"]);
        assert_eq!(unmarked("行の\n途中"), ["行の途中"]);
        assert_eq!(unmarked(""), Vec::<String>::new());
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
