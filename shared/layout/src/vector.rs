//! Artwork as paths: sharp at every size, and usually smaller than its pixels.
//!
//! Taken over are shapes with fills and strokes in plain colours or simple gradients, groups, transparency and clipping by
//! shapes. For whatever else there is in SVG, the picture is drawn to pixels instead.

use krilla::geom::{Path, PathBuilder, Transform};
use krilla::num::NormalizedF32;
use krilla::paint::{
    Fill, FillRule, LineCap, LineJoin, LinearGradient, Paint, RadialGradient, SpreadMethod, Stop, Stroke, StrokeDash,
};
use krilla::surface::Surface;
use resvg::tiny_skia;
use resvg::usvg::{self, Node, Tree};

use crate::colour::Colour;

/// The most corners of all paths together: beyond, the pixels are smaller.
const MAX_SEGMENTS: usize = 20_000;

/// How deep groups may save the graphics state: PDF/A allows 28 of all (ISO 19005-2, 6.1.13).
const MAX_DEPTH: usize = 10;

/// Whether [`draw`] draws all of it.
pub(crate) fn is_plain(tree: &Tree) -> bool {
    let mut segments = 0;
    is_plain_group(tree.root(), 0, &mut segments) && segments <= MAX_SEGMENTS
}

fn is_plain_group(group: &usvg::Group, depth: usize, segments: &mut usize) -> bool {
    depth < MAX_DEPTH
        && group.filters().is_empty()
        && group.mask().is_none()
        && group.blend_mode() == usvg::BlendMode::Normal
        && group.clip_path().is_none_or(|clip| outline(clip).is_some())
        && group.children().iter().all(|node| match node {
            Node::Group(group) => is_plain_group(group, depth + 1, segments),
            Node::Path(path) => {
                *segments += path.data().len();
                path.fill().is_none_or(|fill| paint(fill.paint()).is_some())
                    && path.stroke().is_none_or(|stroke| paint(stroke.paint()).is_some())
            }
            Node::Image(_) | Node::Text(_) => false,
        })
}

/// Draws a picture at its own size from the origin.
pub(crate) fn draw(surface: &mut Surface<'_>, tree: &Tree) {
    draw_group(surface, tree.root());
}

fn draw_group(surface: &mut Surface<'_>, group: &usvg::Group) {
    let clip = group.clip_path().and_then(outline);
    let opacity = part(group.opacity().get());
    surface.push_transform(&transform(group.transform()));
    if let Some((clip, rule)) = &clip {
        surface.push_clip_path(clip, rule);
    }
    surface.push_opacity(opacity);
    for node in group.children() {
        match node {
            Node::Group(group) => draw_group(surface, group),
            Node::Path(path) if path.is_visible() => draw_path(surface, path),
            _ => {}
        }
    }
    surface.pop();
    if clip.is_some() {
        surface.pop();
    }
    surface.pop();
}

fn draw_path(surface: &mut Surface<'_>, path: &usvg::Path) {
    let Some(outline) = copy([(path.data(), tiny_skia::Transform::identity())]) else { return };
    let fill = path.fill().and_then(|fill| {
        Some(Fill { paint: paint(fill.paint())?, opacity: part(fill.opacity().get()), rule: rule(fill.rule()) })
    });
    let stroke = path.stroke().and_then(|stroke| {
        Some(Stroke {
            paint: paint(stroke.paint())?,
            width: stroke.width().get(),
            miter_limit: stroke.miterlimit().get(),
            line_cap: match stroke.linecap() {
                usvg::LineCap::Butt => LineCap::Butt,
                usvg::LineCap::Round => LineCap::Round,
                usvg::LineCap::Square => LineCap::Square,
            },
            line_join: match stroke.linejoin() {
                usvg::LineJoin::Miter | usvg::LineJoin::MiterClip => LineJoin::Miter,
                usvg::LineJoin::Round => LineJoin::Round,
                usvg::LineJoin::Bevel => LineJoin::Bevel,
            },
            opacity: part(stroke.opacity().get()),
            dash: stroke.dasharray().map(|array| StrokeDash { array: array.to_vec(), offset: stroke.dashoffset() }),
        })
    });
    let (first, second) = match path.paint_order() {
        usvg::PaintOrder::FillAndStroke => ((fill, None), (None, stroke)),
        usvg::PaintOrder::StrokeAndFill => ((None, stroke), (fill, None)),
    };
    for (fill, stroke) in [first, second] {
        // With neither, the library would paint in black.
        if fill.is_some() || stroke.is_some() {
            surface.set_fill(fill);
            surface.set_stroke(stroke);
            surface.draw_path(&outline);
        }
    }
    surface.set_stroke(None);
}

/// The shapes of a clip as one, if there is nothing more to it.
fn outline(clip: &usvg::ClipPath) -> Option<(Path, FillRule)> {
    if clip.clip_path().is_some() {
        return None;
    }
    let mut shapes = Vec::new();
    collect(clip.root(), clip.transform(), &mut shapes)?;
    let fill_rule = shapes.first().map(|(_, _, rule)| *rule)?;
    // Shapes that overlap under the even-odd rule would punch holes into each other.
    if shapes.len() > 1 && fill_rule == usvg::FillRule::EvenOdd || shapes.iter().any(|(_, _, rule)| *rule != fill_rule)
    {
        return None;
    }
    Some((copy(shapes.into_iter().map(|(path, transform, _)| (path, transform)))?, rule(fill_rule)))
}

type Shape<'a> = (&'a tiny_skia::Path, tiny_skia::Transform, usvg::FillRule);

fn collect<'a>(group: &'a usvg::Group, outer: tiny_skia::Transform, shapes: &mut Vec<Shape<'a>>) -> Option<()> {
    if group.clip_path().is_some() || group.mask().is_some() || shapes.len() > MAX_SEGMENTS {
        return None;
    }
    let transform = outer.pre_concat(group.transform());
    for node in group.children() {
        match node {
            Node::Group(group) => collect(group, transform, shapes)?,
            Node::Path(path) if path.is_visible() => {
                shapes.push((path.data(), transform, path.fill().map_or(usvg::FillRule::NonZero, usvg::Fill::rule)));
            }
            Node::Path(_) => {}
            Node::Image(_) | Node::Text(_) => return None,
        }
    }
    Some(())
}

fn copy<'a>(paths: impl IntoIterator<Item = (&'a tiny_skia::Path, tiny_skia::Transform)>) -> Option<Path> {
    use tiny_skia::PathSegment::{Close, CubicTo, LineTo, MoveTo, QuadTo};
    let mut builder = PathBuilder::new();
    for (path, transform) in paths {
        let path = path.clone().transform(transform)?;
        for segment in path.segments() {
            match segment {
                MoveTo(p) => builder.move_to(p.x, p.y),
                LineTo(p) => builder.line_to(p.x, p.y),
                QuadTo(a, p) => builder.quad_to(a.x, a.y, p.x, p.y),
                CubicTo(a, b, p) => builder.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y),
                Close => builder.close(),
            }
        }
    }
    builder.finish()
}

fn paint(paint: &usvg::Paint) -> Option<Paint> {
    match paint {
        usvg::Paint::Color(colour) => Some(Colour::new(colour.red, colour.green, colour.blue).paint().into()),
        usvg::Paint::LinearGradient(gradient) => Some(
            LinearGradient {
                x1: gradient.x1(),
                y1: gradient.y1(),
                x2: gradient.x2(),
                y2: gradient.y2(),
                transform: transform(gradient.transform()),
                spread_method: spread(gradient.spread_method())?,
                stops: stops(gradient.stops()),
                anti_alias: false,
            }
            .into(),
        ),
        usvg::Paint::RadialGradient(gradient) => Some(
            RadialGradient {
                fx: gradient.fx(),
                fy: gradient.fy(),
                fr: gradient.fr().get(),
                cx: gradient.cx(),
                cy: gradient.cy(),
                cr: gradient.r().get(),
                transform: transform(gradient.transform()),
                spread_method: spread(gradient.spread_method())?,
                stops: stops(gradient.stops()),
                anti_alias: false,
            }
            .into(),
        ),
        usvg::Paint::Pattern(_) => None,
    }
}

/// Repeated gradients need PostScript, which PDF/A-3 allows but few readers draw alike.
fn spread(method: usvg::SpreadMethod) -> Option<SpreadMethod> {
    (method == usvg::SpreadMethod::Pad).then_some(SpreadMethod::Pad)
}

fn stops(stops: &[usvg::Stop]) -> Vec<Stop> {
    let stop = |stop: &usvg::Stop| Stop {
        offset: part(stop.offset().get()),
        color: Colour::new(stop.color().red, stop.color().green, stop.color().blue).paint().into(),
        opacity: part(stop.opacity().get()),
    };
    stops.iter().map(stop).collect()
}

fn rule(rule: usvg::FillRule) -> FillRule {
    match rule {
        usvg::FillRule::NonZero => FillRule::NonZero,
        usvg::FillRule::EvenOdd => FillRule::EvenOdd,
    }
}

fn transform(transform: tiny_skia::Transform) -> Transform {
    let t = transform;
    Transform::from_row(t.sx, t.ky, t.kx, t.sy, t.tx, t.ty)
}

fn part(value: f32) -> NormalizedF32 {
    NormalizedF32::new(value).unwrap_or(NormalizedF32::ONE)
}
