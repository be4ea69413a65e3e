//! What goes where, and what each thing is called in the structure of the document.
//!
//! The page is a double frame with a tinted field for the artwork, in the middle of a rosette, and a calm column for the words.
//! The words stand between two fixed places, title above and facts below; what is between them shrinks, wraps and is
//! cut in that order.

use std::num::NonZeroU16;

use jiff::{Timestamp, tz::TimeZone};
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::configure::{Accessibility, Archival, Configuration, ConfigurationBuilder, PdfVersion};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{Point, Rect, Size, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, Tag, TagGroup, TagKind, TagTree,
};
use krilla::{Document, SerializeSettings};
use parley::Alignment;

use crate::colour::Colour;
use crate::fonts::{Fonts, Weight};
use crate::picture::Drawable;
use crate::text::{Cleaner, Paragraph, Text};
use crate::typeset::{Block, Fit, Scratch, Style, Typesetter};
use crate::words::{self, Words};
use crate::{
    Attachment, Language, LayoutError, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_URL_BYTES, Orientation, Page,
    Relationship, code, ornament, vector,
};

/// The most characters of a name that are looked at.
const NAME_CHARACTERS: usize = 400;

/// The most characters of a description or of criteria that are looked at: more than a page can hold.
const PROSE_CHARACTERS: usize = 2_400;

const WHITE: Colour = Colour::new(255, 255, 255);
const INK: Colour = Colour::new(26, 29, 38);
const SOFT: Colour = Colour::new(92, 97, 110);

/// A rectangle in points, from the upper left corner of the page.
#[derive(Clone, Copy)]
struct Area {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl Area {
    const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    fn rect(self) -> Option<Rect> {
        Rect::from_xywh(self.x, self.y, self.width, self.height)
    }
}

/// Where things are.
struct Plan {
    page: (f32, f32),
    frame: Area,
    field: Area,
    artwork: Area,
    logo: Area,
    /// For title, recipient, badge, description and criteria.
    words: Area,
    /// For issuer, dates and id.
    facts: Area,
    seal: Area,
    code: Area,
    /// For the label and the address beside or beneath the code.
    verify: Area,
    verify_alignment: Alignment,
}

const LANDSCAPE: Plan = Plan {
    page: (841.89, 595.28),
    frame: Area::new(22.0, 22.0, 797.89, 551.28),
    field: Area::new(26.0, 26.0, 258.0, 543.28),
    artwork: Area::new(67.0, 112.0, 176.0, 176.0),
    logo: Area::new(330.0, 62.0, 160.0, 40.0),
    words: Area::new(330.0, 62.0, 440.0, 392.0),
    facts: Area::new(330.0, 474.0, 440.0, 74.0),
    seal: Area::new(732.0, 488.0, 38.0, 38.0),
    code: Area::new(110.0, 422.0, 90.0, 90.0),
    verify: Area::new(53.0, 514.0, 204.0, 46.0),
    verify_alignment: Alignment::Center,
};

const PORTRAIT: Plan = Plan {
    page: (595.28, 841.89),
    frame: Area::new(22.0, 22.0, 551.28, 797.89),
    field: Area::new(26.0, 26.0, 543.28, 246.0),
    artwork: Area::new(209.64, 61.0, 176.0, 176.0),
    logo: Area::new(70.0, 304.0, 160.0, 40.0),
    words: Area::new(70.0, 304.0, 455.28, 366.0),
    facts: Area::new(70.0, 690.0, 340.0, 74.0),
    seal: Area::new(481.28, 250.0, 44.0, 44.0),
    // Its empty border reaches beyond the column, so that what is black ends with it.
    code: Area::new(442.28, 678.0, 91.0, 91.0),
    verify: Area::new(381.28, 765.0, 144.0, 34.0),
    verify_alignment: Alignment::Right,
};

/// A link that is to be put over a piece of text.
struct Link {
    area: Area,
    url: String,
    alt: &'static str,
}

/// A piece of the page in reading order.
struct Piece {
    group: TagGroup,
    link: Option<Link>,
    /// Whether it is a list that the next item belongs to.
    list: bool,
}

/// The page while it is drawn.
struct Canvas<'a, 'b> {
    surface: Surface<'b>,
    fonts: &'a Fonts,
    pieces: Vec<Piece>,
}

impl Canvas<'_, '_> {
    fn finish(self) -> Vec<Piece> {
        self.surface.finish();
        self.pieces
    }

    /// Draws something that is no part of what is read.
    fn ornament(&mut self, draw: impl FnOnce(&mut Surface<'_>)) {
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        draw(&mut self.surface);
        self.surface.end_tagged();
    }

    fn fill(&mut self, area: Area, colour: Colour) {
        self.ornament(|surface| fill(surface, area, colour));
    }

    fn identifier(&mut self, block: &Block, x: f32, y: f32) -> Identifier {
        let tag = SpanTag::empty().with_actual_text(block.meant.as_deref());
        let identifier = self.surface.start_tagged(ContentTag::Span(tag));
        block.draw(&mut self.surface, self.fonts, x, y);
        self.surface.end_tagged();
        identifier
    }

    fn text(&mut self, tag: impl Into<TagKind>, block: &Block, x: f32, y: f32) {
        let identifier = self.identifier(block, x, y);
        self.pieces.push(Piece {
            group: TagGroup::with_children(tag, vec![Node::from(identifier)]),
            link: None,
            list: false,
        });
    }

    /// An item of a list, after its marker.
    fn item(&mut self, marker: &Block, block: &Block, x: f32, indent: f32, y: f32) {
        // The same base line, whatever fonts the two are in.
        let above = block.baseline() - marker.baseline();
        let label = self.identifier(marker, x, y + above);
        let body = self.identifier(block, x + indent, y);
        let mut item = TagGroup::new(Tag::LI);
        item.push(TagGroup::with_children(Tag::Lbl, vec![Node::from(label)]));
        item.push(TagGroup::with_children(Tag::LBody, vec![Node::from(body)]));
        match self.pieces.last_mut() {
            Some(piece) if piece.list => piece.group.push(item),
            _ => {
                let mut group = TagGroup::new(Tag::L(ListNumbering::None));
                group.push(item);
                self.pieces.push(Piece { group, link: None, list: true });
            }
        }
    }

    /// A text that leads somewhere, if the address can be linked to.
    fn link(&mut self, block: &Block, x: f32, y: f32, url: Option<&str>, alt: &'static str) {
        let identifier = self.identifier(block, x, y);
        let area = Area::new(x + block.left(), y, block.width().max(1.0), block.height().max(1.0));
        let link = url.map(|url| Link { area, url: url.to_owned(), alt });
        self.pieces.push(Piece {
            group: TagGroup::with_children(Tag::P, vec![Node::from(identifier)]),
            link,
            list: false,
        });
    }

    /// A picture within an area: as large as fits, in the middle or at the left.
    fn picture(&mut self, picture: &Drawable, area: Area, middle: bool, alt: String) {
        let (width, height) = picture.size();
        let scale = (area.width / width).min(area.height / height);
        let (drawn_width, drawn_height) = (width * scale, height * scale);
        let x = if middle { area.x + (area.width - drawn_width) / 2.0 } else { area.x };
        let y = area.y + (area.height - drawn_height) / 2.0;
        let identifier = self.surface.start_tagged(ContentTag::Other);
        self.surface.push_transform(&Transform::from_translate(x, y));
        match picture {
            Drawable::Pixels(image) => {
                if let Some(size) = Size::from_wh(drawn_width, drawn_height) {
                    self.surface.draw_image(image.clone(), size);
                }
            }
            Drawable::Paths(tree) => {
                self.surface.push_transform(&Transform::from_scale(scale, scale));
                vector::draw(&mut self.surface, tree);
                self.surface.pop();
            }
        }
        self.surface.pop();
        self.surface.end_tagged();
        let figure = Tag::Figure(Some(alt)).with_placement(Some(krilla::tagging::Placement::Block));
        self.pieces.push(Piece {
            group: TagGroup::with_children(figure, vec![Node::from(identifier)]),
            link: None,
            list: false,
        });
    }

    fn code(&mut self, area: Area, url: &str, alt: &str) -> bool {
        let Some(code) = code::code(url) else { return false };
        let identifier = self.surface.start_tagged(ContentTag::Other);
        fill(&mut self.surface, area, WHITE);
        let unit = area.width / f32::from(code.modules);
        self.surface.push_transform(&Transform::from_row(unit, 0.0, 0.0, unit, area.x, area.y));
        self.surface.set_fill(Some(plain(INK)));
        self.surface.draw_path(&code.path);
        self.surface.pop();
        self.surface.end_tagged();
        let group = TagGroup::with_children(Tag::Figure(Some(alt.to_owned())), vec![Node::from(identifier)]);
        self.pieces.push(Piece { group, link: None, list: false });
        true
    }
}

/// The page as a document.
pub(crate) fn document(
    page: &Page<'_>,
    fonts: &Fonts,
    scratch: &mut Scratch,
    artwork: &Drawable,
    logo: Option<&Drawable>,
) -> Result<Vec<u8>, LayoutError> {
    let plan = match page.orientation {
        Orientation::Landscape => &LANDSCAPE,
        Orientation::Portrait => &PORTRAIT,
    };
    let words = words::of(page.language);
    let cleaner = Cleaner::new(fonts);
    let recipient = cleaner.line(page.recipient, NAME_CHARACTERS);
    let badge = cleaner.line(page.badge_name, NAME_CHARACTERS);
    let created = date_time(page.created);

    let mut document = Document::new_with(settings()?);
    attach(&mut document, page.attachments, created)?;

    let size = PageSettings::from_wh(plan.page.0, plan.page.1).ok_or_else(|| defect("page size"))?;
    let mut sheet = document.start_page_with(size);
    let mut canvas = Canvas { surface: sheet.surface(), fonts, pieces: Vec::new() };
    let mut typesetter = Typesetter::new(scratch, fonts, words.tag);
    let content =
        Content { page, plan, words, cleaner: &cleaner, accent: page.colour.readable(), line: page.colour.visible() };
    content.ground(&mut canvas, fonts);
    content.pictures(&mut canvas, artwork, logo, &badge);
    content.words(&mut canvas, &mut typesetter, &recipient, &badge, logo.is_some());
    content.facts(&mut canvas, &mut typesetter);
    content.verify(&mut canvas, &mut typesetter);
    let pieces = canvas.finish();

    let mut tree = TagTree::new().with_lang(Some(words.tag.to_owned()));
    for Piece { mut group, link, .. } in pieces {
        if let Some((link, rect)) = link.and_then(|link| link.area.rect().map(|rect| (link, rect))) {
            let target = Target::Action(Action::Link(LinkAction::new(link.url)));
            let annotation = Annotation::new_link(LinkAnnotation::new(rect, target), Some(link.alt.to_owned()));
            let mut children = std::mem::take(&mut group.children);
            children.push(Node::from(sheet.add_tagged_annotation(annotation)));
            group.push(TagGroup::with_children(Tag::Link, children));
        }
        tree.push(group);
    }
    sheet.finish();
    document.set_tag_tree(tree);

    let meant = |text: &Text| text.meant.clone().unwrap_or_else(|| text.shown.clone());
    let mut outline = Outline::new();
    let name = if badge.shown.is_empty() { words.certificate.to_owned() } else { meant(&badge) };
    outline.push_child(OutlineNode::new(name.clone(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    document.set_outline(outline);
    let issuer = cleaner.line(page.issuer_name, NAME_CHARACTERS);
    let title = if recipient.shown.is_empty() { name } else { format!("{name} – {}", meant(&recipient)) };
    let mut metadata = Metadata::new()
        .title(title)
        .language(words.tag.to_owned())
        .creation_date(created)
        .document_id(cleaner.line(page.credential_id, NAME_CHARACTERS).shown);
    if !issuer.shown.is_empty() {
        metadata = metadata.authors(vec![meant(&issuer)]);
    }
    document.set_metadata(metadata);
    document.finish().map_err(|error| defect(&format!("{error:?}")))
}

/// What the page is drawn from.
struct Content<'a> {
    page: &'a Page<'a>,
    plan: &'a Plan,
    words: &'static Words,
    cleaner: &'a Cleaner<'a>,
    /// The issuer's colour, readable.
    accent: Colour,
    /// The issuer's colour, dark enough for lines.
    line: Colour,
}

impl Content<'_> {
    /// The tinted field with its rosette, and the frame.
    fn ground(&self, canvas: &mut Canvas<'_, '_>, fonts: &Fonts) {
        let Plan { field, frame, artwork, seal, .. } = *self.plan;
        let colour = self.page.colour;
        let middle = (artwork.x + artwork.width / 2.0, artwork.y + artwork.height / 2.0);
        let radius = artwork.width / 2.0;
        canvas.ornament(|surface| {
            fill(surface, field, colour.mix(WHITE, 0.055));
            let Some(clip) = field.rect().and_then(ornament::rectangle) else { return };
            surface.push_clip_path(&clip, &FillRule::NonZero);
            ornament::rosette(surface, middle, radius * 1.46, radius * 2.44, self.line.mix(WHITE, 0.34));
            surface.pop();
            ornament::reeded_ring(surface, middle, radius * 1.34, self.line.mix(WHITE, 0.6));
            for (inset, width, part) in [(0.0, 1.4, 1.0), (4.0, 0.4, 0.7)] {
                let area =
                    Area::new(frame.x + inset, frame.y + inset, frame.width - 2.0 * inset, frame.height - 2.0 * inset);
                let Some(path) = area.rect().and_then(ornament::rectangle) else { return };
                surface.set_fill(None);
                surface.set_stroke(Some(ornament::line(self.line.mix(WHITE, part), width)));
                surface.draw_path(&path);
            }
            ornament::seal(surface, fonts, (seal.x, seal.y), seal.width, self.accent);
        });
    }

    fn pictures(&self, canvas: &mut Canvas<'_, '_>, artwork: &Drawable, logo: Option<&Drawable>, badge: &Text) {
        let described = self.cleaner.line(self.page.artwork_alt, NAME_CHARACTERS);
        let described = if described.shown.is_empty() { badge } else { &described };
        let described = if described.shown.is_empty() { self.words.certificate } else { alternative(described) };
        canvas.picture(artwork, self.plan.artwork, true, described.to_owned());
        if let Some(logo) = logo {
            let issuer = self.cleaner.line(self.page.issuer_name, NAME_CHARACTERS);
            canvas.picture(logo, self.plan.logo, false, format!("{}{}", self.words.logo_alt, alternative(&issuer)));
        }
    }

    /// Title, recipient, badge, description, criteria.
    fn words(
        &self,
        canvas: &mut Canvas<'_, '_>,
        typesetter: &mut Typesetter<'_>,
        recipient: &Text,
        badge: &Text,
        logo: bool,
    ) {
        let Area { x, y, width, height } = self.plan.words;
        let top = if logo { self.plan.logo.height + 22.0 } else { 0.0 };
        let (y, height) = (y + top, height - top);

        let title = match self.page.language {
            Language::Ja => Style::new(20.0, Weight::Bold, self.accent).tracking(10.0),
            Language::En => Style::new(11.5, Weight::Bold, self.accent).tracking(4.4),
        };
        let name = Style::new(35.0, Weight::Bold, INK).leading(1.24).balanced();
        let name_fit = Fit { single: 25.0, wrapped: 25.0, smallest: 15.0, lines: 3, height: 76.0 };
        let statement = Style::new(10.5, Weight::Regular, SOFT);
        let award = Style::new(22.0, Weight::Bold, self.accent).leading(1.3).balanced();
        let award_fit = Fit { single: 17.0, wrapped: 17.0, smallest: 12.0, lines: 3, height: 66.0 };
        let prose = Style::new(10.0, Weight::Regular, INK).leading(1.6).balanced();
        let label = Style::new(8.0, Weight::Regular, self.accent).tracking(0.8);
        let small = Style::new(9.0, Weight::Regular, SOFT).leading(1.55);

        let mut column = Column::default();
        column.push(0.0, Tag::P, typesetter.block(&fixed(self.words.certificate), &title, width));
        let mut said = self.words.statement_of_nobody;
        if !recipient.shown.is_empty() {
            column.push(20.0, Tag::P, typesetter.fitted(recipient, &name, width, name_fit));
            said = self.words.statement;
        }
        let gap = if recipient.shown.is_empty() { 22.0 } else { 9.0 };
        column.push(gap, Tag::P, typesetter.block(&fixed(said), &statement, width));
        if !badge.shown.is_empty() {
            let heading = Tag::Hn(NonZeroU16::MIN, Some(alternative(badge).to_owned()));
            column.push(17.0, heading, typesetter.fitted(badge, &award, width, award_fit));
        }

        let criteria = self.cleaner.paragraphs(self.page.criteria, PROSE_CHARACTERS);
        // A description may take what is there, but leaves room for the beginning of the criteria.
        let reserve = if criteria.is_empty() { 0.0 } else { 80.0 };
        let free = height - column.height();
        let left = (free - reserve).max(free.min(9.0 + 2.01 * prose.size * prose.leading));
        let description = self.cleaner.paragraphs(self.page.description, PROSE_CHARACTERS);
        column.flow(typesetter, &description, &prose, width, left, 9.0);

        if !criteria.is_empty() {
            let heading = typesetter.block(&fixed(self.words.criteria), &label, width);
            let more = typesetter.block(&fixed(self.words.more), &small, width);
            let left = height - column.height() - 16.0 - heading.height();
            let mut body = Column::default();
            let mut cut = body.flow(typesetter, &criteria, &small, width, left, 3.0);
            if cut {
                body = Column::default();
                cut = body.flow(typesetter, &criteria, &small, width, left - more.height() - 3.0, 3.0);
            }
            if !body.entries.is_empty() {
                column.push(16.0, Tag::P, heading);
                column.entries.append(&mut body.entries);
                if cut {
                    column.push(3.0, Tag::P, more);
                }
            }
        }

        // What is not needed is left above and below, more of it below.
        let mut at = y + (height - column.height()).max(0.0) * 0.36;
        for Entry { gap, tag, block, marker } in column.entries {
            at += gap;
            match &marker {
                Some((marker, indent)) => canvas.item(marker, &block, x, *indent, at),
                None => canvas.text(tag, &block, x, at),
            }
            at += block.height();
        }
    }

    /// Issuer, dates and the credential's id, under a hairline.
    fn facts(&self, canvas: &mut Canvas<'_, '_>, typesetter: &mut Typesetter<'_>) {
        let Plan { facts, seal, .. } = *self.plan;
        let Area { x, y, width, .. } = facts;
        canvas.fill(Area::new(x, y, width, 0.5), self.line.mix(WHITE, 0.6));
        let issued = words::date(self.page.language, self.page.issued_on);
        let expires = self.page.expires_on.map(|time| words::date(self.page.language, time));

        // The mark stands at the end of the line, if it stands on this line.
        let end = if seal.y > y { width - seal.width - 16.0 } else { width };
        let day = 97.0;
        let dates = if expires.is_some() { 2.0 } else { 1.0 } * day;
        let issuer = Area { width: end - dates - 14.0, ..facts };
        let beneath = self.fact(canvas, typesetter, issuer, self.words.issued_by, self.page.issuer_name);
        if let Some(organisation) =
            self.page.organisation_name.filter(|organisation| *organisation != self.page.issuer_name)
        {
            let style = Style::new(8.0, Weight::Regular, SOFT);
            let organisation = self.cleaner.line(organisation, NAME_CHARACTERS);
            let organisation = typesetter.clamped(&organisation, &style, issuer.width, 1);
            canvas.text(Tag::P, &organisation, x, beneath);
        }
        let date = Area { x: x + end - dates, width: day - 6.0, ..facts };
        self.fact(canvas, typesetter, date, self.words.issued_on, &issued);
        if let Some(expires) = expires {
            self.fact(canvas, typesetter, Area { x: date.x + day, ..date }, self.words.expires_on, &expires);
        }

        let label = Style::new(6.5, Weight::Regular, SOFT).leading(1.35);
        let mut at = y + 66.0;
        if self.page.credential_id != self.page.credential_url {
            let id = self
                .cleaner
                .line(&format!("{} {}", self.words.credential_id, self.page.credential_id), NAME_CHARACTERS);
            let id = typesetter.clamped(&id, &label, width, 2);
            canvas.text(Tag::P, &id, x, at);
            at += id.height() + 1.0;
        }
        let address = self.cleaner.line(self.page.credential_url, MAX_URL_BYTES);
        let address = typesetter.clamped(&address, &Style { colour: self.accent, ..label }, width, 2);
        let url = linkable(self.page.credential_url);
        canvas.link(&address, x, at, url.as_deref(), self.words.credential_alt);
    }

    /// A label and beneath it what it labels. Where that ends.
    fn fact(
        &self,
        canvas: &mut Canvas<'_, '_>,
        typesetter: &mut Typesetter<'_>,
        area: Area,
        name: &str,
        content: &str,
    ) -> f32 {
        let label = Style::new(7.5, Weight::Regular, SOFT);
        let value = Style::new(10.0, Weight::Bold, INK).leading(1.3);
        let fit = Fit { single: 9.0, wrapped: 9.0, smallest: 7.0, lines: 2, height: 24.0 };
        let name = typesetter.block(&fixed(name), &label, area.width);
        let content = typesetter.fitted(&self.cleaner.line(content, NAME_CHARACTERS), &value, area.width, fit);
        let beneath = area.y + 12.0 + name.height();
        canvas.text(Tag::P, &name, area.x, area.y + 11.0);
        if content.lines() > 0 {
            canvas.text(Tag::P, &content, area.x, beneath);
        }
        beneath + content.height()
    }

    /// The QR code, and the address of the validator in letters.
    fn verify(&self, canvas: &mut Canvas<'_, '_>, typesetter: &mut Typesetter<'_>) {
        let Area { x, y, width, .. } = self.plan.verify;
        let url = linkable(self.page.validator_url);
        if let Some(url) = &url {
            canvas.code(self.plan.code, url, self.words.code_alt);
        }
        let label = Style::new(7.5, Weight::Bold, INK).aligned(self.plan.verify_alignment);
        let label = typesetter.block(&fixed(self.words.verify), &label, width);
        canvas.text(Tag::P, &label, x, y);
        let small = Style::new(6.5, Weight::Regular, self.accent).leading(1.35).aligned(self.plan.verify_alignment);
        // What is asked would be three lines of percent signs; who types it has the credential's id on the page.
        let shown = self.page.validator_shown;
        let shown = shown.strip_prefix("https://").unwrap_or(shown);
        let address = typesetter.clamped(&self.cleaner.line(shown, MAX_URL_BYTES), &small, width, 3);
        canvas.link(&address, x, y + label.height() + 1.0, url.as_deref(), self.words.verify_alt);
    }
}

/// A text of a column, after a gap.
struct Entry {
    gap: f32,
    tag: TagKind,
    block: Block,
    /// What stands before it, and how far from there it begins.
    marker: Option<(Block, f32)>,
}

/// Texts one beneath the other.
#[derive(Default)]
struct Column {
    entries: Vec<Entry>,
}

impl Column {
    fn push(&mut self, gap: f32, tag: impl Into<TagKind>, block: Block) {
        self.entries.push(Entry { gap, tag: tag.into(), block, marker: None });
    }

    fn height(&self) -> f32 {
        self.entries.iter().map(|entry| entry.gap + entry.block.height()).sum()
    }

    /// Puts paragraphs beneath until the space (points) is used up. True if something had to be cut.
    fn flow(
        &mut self,
        typesetter: &mut Typesetter<'_>,
        paragraphs: &[Paragraph],
        style: &Style,
        width: f32,
        mut left: f32,
        first_gap: f32,
    ) -> bool {
        let line = style.size * style.leading;
        for (index, Paragraph { marker, text }) in paragraphs.iter().enumerate() {
            let gap = if index == 0 { first_gap } else { line * 0.2 };
            let lines = whole_lines((left - gap) / line);
            if lines == 0 {
                return true;
            }
            let marker = marker.as_deref().map(|marker| {
                let block = typesetter.block(&fixed(marker), style, width / 2.0);
                let indent = (block.width() + style.size * 0.5).max(style.size * 1.1);
                (block, indent)
            });
            let indent = marker.as_ref().map_or(0.0, |(_, indent)| *indent);
            let block = typesetter.clamped(text, style, width - indent, lines);
            left -= gap + block.height();
            let cut = block.cut;
            self.entries.push(Entry { gap, tag: Tag::P.into(), block, marker });
            if cut {
                return true;
            }
        }
        false
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range")]
fn whole_lines(lines: f32) -> usize {
    // Heights are sums of roundings.
    (lines + 0.01).floor().clamp(0.0, 200.0) as usize
}

/// A text of ours, which every font has.
fn fixed(text: &str) -> Text {
    Text { shown: text.to_owned(), meant: None }
}

fn alternative(text: &Text) -> &str {
    text.meant.as_deref().unwrap_or(&text.shown)
}

fn plain(colour: Colour) -> Fill {
    Fill { paint: colour.paint().into(), opacity: NormalizedF32::ONE, ..Fill::default() }
}

fn fill(surface: &mut Surface<'_>, area: Area, colour: Colour) {
    if let Some(path) = area.rect().and_then(ornament::rectangle) {
        surface.set_stroke(None);
        surface.set_fill(Some(plain(colour)));
        surface.draw_path(&path);
    }
}

/// An address that a reader may follow: the web's, of a sane length, in ASCII as PDF wants it (ISO 32000-1, 12.6.4.7).
fn linkable(url: &str) -> Option<String> {
    let web = url.starts_with("https://") || url.starts_with("http://");
    (web && url.len() <= MAX_URL_BYTES && url.bytes().all(|byte| byte.is_ascii_graphic())).then(|| url.to_owned())
}

fn settings() -> Result<SerializeSettings, LayoutError> {
    let configuration: Configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf17)
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| defect(&format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, ..SerializeSettings::default() })
}

fn attach(document: &mut Document, attachments: &[Attachment<'_>], created: DateTime) -> Result<(), LayoutError> {
    if attachments.len() > MAX_ATTACHMENTS {
        return Err(LayoutError::Attachment("too many"));
    }
    for attachment in attachments {
        if attachment.bytes.len() > MAX_ATTACHMENT_BYTES {
            return Err(LayoutError::Attachment("too many bytes"));
        }
        let printable = attachment.name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\'));
        if attachment.name.is_empty() || attachment.name.len() > 100 || !printable {
            return Err(LayoutError::Attachment("its name"));
        }
        let file = EmbeddedFile {
            path: attachment.name.to_owned(),
            mime_type: Some(MimeType::new(attachment.media_type).ok_or(LayoutError::Attachment("its media type"))?),
            description: Some(attachment.description.to_owned()),
            association_kind: match attachment.relationship {
                Relationship::Data => AssociationKind::Data,
                Relationship::Supplement => AssociationKind::Supplement,
            },
            data: attachment.bytes.to_vec().into(),
            modification_date: Some(created),
            // A picture is packed already. A text would otherwise stand in the file, and could look like a part of its syntax.
            compress: Some(attachment.media_type != "image/png"),
            location: None,
        };
        document.embed_file(file).ok_or(LayoutError::Attachment("two of one name"))?;
    }
    Ok(())
}

fn date_time(time: Timestamp) -> DateTime {
    let time = TimeZone::UTC.to_datetime(time);
    let part = |number: i8| number.unsigned_abs();
    DateTime::new(time.year().unsigned_abs())
        .month(part(time.month()))
        .day(part(time.day()))
        .hour(part(time.hour()))
        .minute(part(time.minute()))
        .second(part(time.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn defect(what: &str) -> LayoutError {
    LayoutError::Document(what.to_owned())
}
