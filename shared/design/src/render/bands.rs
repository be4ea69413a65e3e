//! Ribbons: across the plate, and those that hang from it or that it hangs from.

use super::{Canvas, PLATE, darker, hex, units};
use crate::model::{Line, Ribbon, RibbonStyle, Tails, TailsPlace};
use crate::path::{Outline, Point, Segment, at, polar};
use crate::shape;
use crate::text::{Course, Setting, path_data};
use badge::brand::Colour;
use std::f64::consts::FRAC_PI_2;

/// The radius of a bent ribbon, as part of its width.
const BEND: f64 = 1.0;

impl Canvas<'_> {
    pub(super) fn tails(&mut self, tails: &Tails, metal: Colour) {
        let Tails { place, colour, stripe } = *tails;
        let band = |corners: [Point; 4]| Outline::polygon(&corners);
        match place {
            TailsPlace::None => {}
            TailsPlace::Below => {
                for side in [-1.0, 1.0] {
                    let (top, bottom) = (at(75.0, 150.0), at(135.0, 440.0));
                    let p = |x: f64, y: f64| at(side * x, y);
                    let notch = p(bottom.x + 8.0, bottom.y - 52.0);
                    let half = 62.0;
                    let outline = Outline::polygon(&[
                        p(top.x - half, top.y),
                        p(top.x + half, top.y),
                        p(bottom.x + half + 8.0, bottom.y - 14.0),
                        notch,
                        p(bottom.x - half, bottom.y),
                    ]);
                    self.filled(&outline, colour);
                    if stripe != colour {
                        let inner = Outline::polygon(&[
                            p(top.x - 20.0, top.y),
                            p(top.x + 20.0, top.y),
                            p(bottom.x + 28.0, bottom.y - 38.0),
                            notch,
                            p(bottom.x - 14.0, bottom.y - 38.0),
                        ]);
                        self.filled(&inner, stripe);
                    }
                }
            }
            TailsPlace::Above => {
                for (side, shade) in [(1.0, darker(colour, 22)), (-1.0, colour)] {
                    let p = |x: f64, y: f64| at(side * x, y);
                    self.filled(&band([p(40.0, -450.0), p(190.0, -450.0), p(75.0, -220.0), p(-75.0, -220.0)]), shade);
                    if stripe != colour {
                        let shade = if side > 0.0 { darker(stripe, 22) } else { stripe };
                        self.filled(
                            &band([p(90.0, -450.0), p(140.0, -450.0), p(25.0, -220.0), p(-25.0, -220.0)]),
                            shade,
                        );
                    }
                }
                // The ring it hangs by.
                self.line(&Outline::circle(at(0.0, -PLATE), 34.0), Line::Solid, 16.0, metal);
            }
        }
    }

    pub(super) fn ribbon(&mut self, ribbon: &Ribbon) {
        let (width, height, y) = (units(ribbon.width), units(ribbon.height), units(ribbon.y));
        let course = match ribbon.style {
            RibbonStyle::None => return,
            RibbonStyle::Flat | RibbonStyle::Folded => {
                self.straight_band(ribbon);
                Course::Straight(at(0.0, y))
            }
            RibbonStyle::Arch | RibbonStyle::Smile => {
                let radius = width * BEND;
                let below = ribbon.style == RibbonStyle::Smile;
                let course = if below {
                    Course::Below(at(0.0, y - radius), radius)
                } else {
                    Course::Above(at(0.0, y + radius), radius)
                };
                self.bent_band(ribbon, radius, below);
                course
            }
        };
        let setting = Setting {
            face: ribbon.face,
            size: units(ribbon.size).min(height * 0.8),
            spacing: units(ribbon.spacing) / 1000.0,
            width: width * 0.88,
            course,
        };
        self.path(&path_data(self.fonts, &ribbon.text, &setting), &[("fill", &hex(ribbon.text_colour))]);
    }

    fn straight_band(&mut self, ribbon: &Ribbon) {
        let (half, tall, y) = (units(ribbon.width) / 2.0, units(ribbon.height) / 2.0, units(ribbon.y));
        let notch = tall * 0.7;
        if ribbon.style == RibbonStyle::Flat {
            let outline = [
                at(-half, y - tall),
                at(half, y - tall),
                at(half - notch, y),
                at(half, y + tall),
                at(-half, y + tall),
                at(-half + notch, y),
            ];
            self.filled(&Outline::polygon(&outline), ribbon.colour);
            return;
        }
        let (drop, fold, reach) = (tall * 0.5, tall * 0.7, tall * 1.15);
        for side in [-1.0, 1.0] {
            let p = |x: f64, y: f64| at(side * x, y);
            let (inner, outer) = (half - fold, half + reach);
            let tail = [
                p(inner, y - tall + drop),
                p(outer, y - tall + drop),
                p(outer - notch, y + drop),
                p(outer, y + tall + drop),
                p(inner, y + tall + drop),
            ];
            self.filled(&Outline::polygon(&tail), darker(ribbon.colour, 18));
            let under = [p(half, y + tall), p(inner, y + tall), p(inner, y + tall + drop)];
            self.filled(&Outline::polygon(&under), darker(ribbon.colour, 48));
        }
        self.filled(&Outline::polygon(&shape::rectangle(half, tall).map(|p| at(p.x, p.y + y))), ribbon.colour);
    }

    fn bent_band(&mut self, ribbon: &Ribbon, radius: f64, below: bool) {
        let (height, y) = (units(ribbon.height), units(ribbon.y));
        let tall = height / 2.0;
        let half = units(ribbon.width) / 2.0 / radius;
        let (middle, straight) =
            if below { (at(0.0, y - radius), FRAC_PI_2) } else { (at(0.0, y + radius), -FRAC_PI_2) };
        // Folded ends hang down: outwards from the middle of the circle where that is above, inwards where it is below.
        let drop = if below { tall * 0.5 } else { -tall * 0.5 };
        let (fold, reach) = (tall * 0.6 / radius, tall * 1.15 / radius);
        for side in [-1.0, 1.0] {
            let angle = |along: f64| straight + side * along;
            let around = |along: f64, distance: f64| {
                let p = polar(angle(along), radius + distance);
                at(middle.x + p.x, middle.y + p.y)
            };
            let (inner, outer) = (half - fold, half + reach);
            let mut tail = Outline(vec![Segment::Move(around(inner, tall + drop))]);
            tail.arc(middle, radius + tall + drop, (angle(inner), angle(outer)));
            tail.0.push(Segment::Line(around(outer - tall * 0.7 / radius, drop)));
            tail.0.push(Segment::Line(around(outer, -tall + drop)));
            tail.arc(middle, radius - tall + drop, (angle(outer), angle(inner)));
            tail.0.push(Segment::Close);
            self.filled(&tail, darker(ribbon.colour, 18));
            let edge = if below { tall } else { -tall };
            let under = [around(half, edge), around(inner, edge), around(inner, edge + drop)];
            self.filled(&Outline::polygon(&under), darker(ribbon.colour, 48));
        }
        let band = Outline::band(middle, (straight - half, straight + half), (radius - tall, radius + tall));
        self.filled(&band, ribbon.colour);
    }
}
