//! CPU time, size and memory of pages: `cargo bench -p layout`.
//!
//! The page is the Japanese sample with Latin in it, a picture of 600×600 pixels and a credential of 1.7 kB. `cold` is a fresh
//! process: time from before its fonts are read until after its first page, and its peak memory. With `once N` as
//! arguments it draws N pages and prints nothing, for a profiler.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "the figures are the output"
)]

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::hint::black_box;
use std::process::Command;

use layout::{Attachment, Page, Picture, Renderer};
use rustix::time::{ClockId, clock_gettime};

const CREDENTIAL_BYTES: usize = 1_700;
const COLD_STARTS: usize = 15;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let drawn = sample::drawn(sample::FLAT, 600);
    let credential = credential();
    let attachment = Attachment { bytes: credential.as_bytes(), ..sample::ATTACHMENTS[0].clone() };
    let both = [attachment.clone(), Attachment { bytes: &drawn, ..sample::ATTACHMENTS[1].clone() }];
    let attachments = [attachment];
    let png = Page { artwork: Picture::Png(&drawn), attachments: &attachments, ..sample::japanese() };
    match arguments.get(1).map(String::as_str) {
        Some("cold") => return cold(&png),
        Some("once") => {
            let renderer = sample::renderer();
            let count = arguments.get(2).map_or(1, |count| count.parse().expect("a number"));
            (0..count).for_each(|_| drop(renderer.render(&png).expect("a page")));
            return;
        }
        _ => {}
    }

    let renderer = sample::renderer();
    let svg = Page { artwork: Picture::Svg(sample::SVG), ..png.clone() };
    let english = Page { artwork: Picture::Png(&drawn), attachments: &attachments, ..sample::english() };
    let shaded = sample::drawn(sample::SVG, 600);
    let shaded = Page { artwork: Picture::Png(&shaded), ..png.clone() };
    let baked = Page { attachments: &both, ..png.clone() };
    let pages = [
        ("warm, PNG 600×600", &png),
        ("warm, SVG as paths", &svg),
        ("warm, English, PNG", &english),
        ("warm, PNG with a gradient", &shaded),
        ("warm, the baked PNG attached", &baked),
    ];
    for (label, page) in pages {
        report(label, &renderer, std::slice::from_ref(page));
    }
    let names: Vec<String> = (0..64).map(|number| format!("髙橋\u{3000}{}太郎", sample::kanji(number))).collect();
    let people: Vec<Page<'_>> = names.iter().map(|recipient| Page { recipient, ..png.clone() }).collect();
    report("warm, another recipient each time", &renderer, &people);
    let pictures: Vec<Vec<u8>> = (590..610).map(|side| sample::drawn(sample::FLAT, side)).collect();
    let fresh: Vec<Page<'_>> =
        pictures.iter().map(|picture| Page { artwork: Picture::Png(picture), ..png.clone() }).collect();
    report("warm, a new picture each time", &renderer, &fresh);

    let starts: Vec<[f64; 3]> = (0..COLD_STARTS).map(|_| start()).collect();
    let [wall, cpu, memory] = [0, 1, 2].map(|which| {
        let mut figures: Vec<f64> = starts.iter().map(|figures| figures[which]).collect();
        figures.sort_by(f64::total_cmp);
        figures[COLD_STARTS / 2]
    });
    println!("{:<36} {cpu:>8.2} ms CPU, {wall:.1} ms wall, peak {memory:.1} MB", "cold, fonts and first page");
}

/// Prints the median of CPU time over enough pages, each of them in turn, and the size of the last.
fn report(label: &str, renderer: &Renderer, pages: &[Page<'_>]) {
    let mut size = 0;
    pages.iter().for_each(|page| drop(renderer.render(page).expect("a page")));
    let mut times: Vec<f64> = (0..400)
        .map(|index| {
            let start = milliseconds(ClockId::ProcessCPUTime);
            size = black_box(renderer.render(&pages[index % pages.len()]).expect("a page")).len();
            milliseconds(ClockId::ProcessCPUTime) - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{label:<36} {:>8.2} ms CPU, {:>6.1} kB", times[times.len() / 2], size as f64 / 1e3);
}

/// A fresh process's own account of itself: milliseconds of wall and of CPU time, megabytes.
fn start() -> [f64; 3] {
    let output = Command::new(std::env::current_exe().expect("a path")).arg("cold").output().expect("starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let figures: Vec<f64> = text.split_whitespace().map(|figure| figure.parse().expect("a number")).collect();
    figures.try_into().expect("three numbers")
}

fn cold(page: &Page<'_>) {
    let clocks = [ClockId::Monotonic, ClockId::ProcessCPUTime];
    let before = clocks.map(milliseconds);
    let renderer = sample::renderer();
    black_box(renderer.render(page).expect("a page"));
    let after = clocks.map(milliseconds);
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    println!("{} {} {}", after[0] - before[0], after[1] - before[1], kilobytes * 1024.0 / 1e6);
}

fn milliseconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// A credential's size, and about how well it compresses.
fn credential() -> String {
    let mut text = String::from(sample::CREDENTIAL);
    let mut state = 1_u32;
    while text.len() < CREDENTIAL_BYTES {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text += &format!(r#","https://badges.example/{:x}""#, state >> 12);
    }
    text
}
