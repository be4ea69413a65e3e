//! An issuer's Markdown as HTML that can be put into a page of ours.
//!
//! Raw HTML is dropped, pictures become their description (a page loads nothing from elsewhere), links lead to web addresses only,
//! and headings start below the page's own.

use maud::PreEscaped;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// `text` as HTML.
#[must_use]
pub fn render(text: &str) -> PreEscaped<String> {
    let mut in_dropped_link = false;
    let events = Parser::new_ext(text, Options::empty()).filter_map(move |event| match event {
        Event::Html(_) | Event::InlineHtml(_) => None,
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) if !is_web(dest_url) => {
            in_dropped_link = true;
            None
        }
        Event::End(TagEnd::Link) if in_dropped_link => {
            in_dropped_link = false;
            None
        }
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Event::Start(Tag::Heading { level: below(level), id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(below(level)))),
        other => Some(other),
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    PreEscaped(out)
}

fn is_web(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Two levels further down: the page has a title and sections of its own.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        render(text).0
    }

    #[test]
    fn markdown_is_rendered() {
        assert_eq!(
            html("**合格**すること。\n\n- a\n- b"),
            "<p><strong>合格</strong>すること。</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"
        );
        assert_eq!(html("# One"), "<h3>One</h3>\n");
        assert_eq!(html("[x](https://a.example/?q&r)"), "<p><a href=\"https://a.example/?q&amp;r\">x</a></p>\n");
    }

    #[test]
    fn nothing_of_the_issuers_runs_or_loads() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div onclick=alert(1)>\n\nx\n\n</div>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,y)",
            "[x](//evil.example)",
            "<javascript:alert(1)>",
            "![x](https://evil.example/t.png)",
            "[![x](https://evil.example/t.png)](vbscript:y)",
            "`<script>`",
            "&lt;script&gt; \\<script>",
            "[x][1]\n\n[1]: javascript:alert(1) \"<b>\"",
        ] {
            let html = html(text);
            for bad in ["<script", "<img", "<div", "href", "onerror=alert(1)>", "evil.example"] {
                assert!(!html.contains(bad), "{text} gave {html}");
            }
        }
        assert_eq!(html("![alt](https://a.example/b.png)"), "<p>alt</p>\n");
    }
}
