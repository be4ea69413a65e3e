//! Processor time and size of pages: `cargo run --release -p layout --example measure`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, reason = "a tool")]

#[path = "../tests/sample/mod.rs"]
mod sample;

use layout::{Page, Picture, Renderer};
use rustix::time::{ClockId, clock_gettime};

/// Milliseconds of processor time so far.
fn now() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = now();
    let result = work();
    (now() - start, result)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let (loading, fonts) = timed(sample::fonts);
    println!("fonts, read and parsed: {loading:.2} ms");
    let renderer = Renderer::new(fonts);
    let pngs: Vec<Vec<u8>> = (580..640).map(sample::png).collect();
    let png = Picture::Png(&pngs[20]);
    let prose =
        "Reviews data management plans of others and helps their authors. 計画書を作成し、承認を得ること。".repeat(30);
    let pages = [
        ("Japanese, SVG as paths", sample::japanese()),
        ("Japanese, PNG 600×600", Page { artwork: png, ..sample::japanese() }),
        ("English, PNG 600×600", Page { artwork: png, ..sample::english() }),
        ("Japanese, cut", Page { description: &prose, criteria: &prose, artwork: png, ..sample::japanese() }),
    ];
    for (name, page) in &pages {
        let (first, bytes) = timed(|| renderer.render(page).unwrap());
        let warm = median((0..200).map(|_| timed(|| renderer.render(page).unwrap()).0).collect());
        println!("{name}: first {first:.2} ms, warm {warm:.2} ms, {} bytes", bytes.len());
    }
    let page = sample::japanese();
    let fresh = pngs
        .iter()
        .map(|png| timed(|| renderer.render(&Page { artwork: Picture::Png(png), ..page.clone() }).unwrap()).0);
    println!("Japanese, a new PNG each time: {:.2} ms", median(fresh.collect()));
}
