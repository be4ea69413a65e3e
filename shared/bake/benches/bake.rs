//! CPU time per operation: `cargo bench -p bake`.
//!
//! CPU time rather than wall time, so that a busy machine does not change the figures. Pictures are made here: noise in
//! the low bits over a gradient, which deflates about as badly as a photograph.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::hint::black_box;

use bake::Payload;

const JSON: &str = r#"{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],"id":"https://a.example/1","type":["VerifiableCredential","OpenBadgeCredential"],"name":"印"}"#;

fn main() {
    let payload_text = JSON.replacen("印", &"x".repeat(1200), 1);
    let payload = Payload::v3_json(&payload_text);
    for (side, colours, keep) in [(400, 1, 1), (2000, 3, 3)] {
        let image = picture(side, colours, keep);
        let baked = bake::bake(&image, &payload).expect("a fresh picture takes a badge");
        let label = format!("png {side}×{side}, {} kB", image.len() / 1000);
        report(&format!("{label}: bake"), || bake::bake(black_box(&image), &payload));
        report(&format!("{label}: extract"), || bake::extract(black_box(&baked)));
        report(&format!("{label}: crc32 of all"), || crc32fast::hash(black_box(&image)));
        report(&format!("{label}: copy"), || black_box(&image).clone());
    }
    let image = drawing(32_000);
    let baked = bake::bake(image.as_bytes(), &payload).expect("a fresh drawing takes a badge");
    let label = format!("svg {} kB", image.len() / 1000);
    report(&format!("{label}: bake"), || bake::bake(black_box(image.as_bytes()), &payload));
    report(&format!("{label}: extract"), || bake::extract(black_box(&baked)));
}

/// Runs `work` for about a fifth of a second of CPU time and prints the mean.
fn report<T>(label: &str, work: impl Fn() -> T) {
    for _ in 0..16 {
        black_box(work());
    }
    let start = cpu_nanos();
    let mut count = 0_u32;
    let mut spent = 0;
    while spent < 200_000_000 {
        for _ in 0..64 {
            black_box(work());
        }
        count += 64;
        spent = cpu_nanos() - start;
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are printed")]
    let micros = spent as f64 / f64::from(count) / 1000.0;
    println!("{label:<40} {micros:>10.2} µs");
}

/// Time this process has spent on a CPU, in nanoseconds, as Linux counts it.
fn cpu_nanos() -> u64 {
    let line = std::fs::read_to_string("/proc/self/schedstat").expect("runs on Linux");
    line.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).expect("schedstat starts with a number")
}

/// A square PNG with `colours` channels of which all but one in `keep` pixels are smooth.
fn picture(side: u32, colours: u32, keep: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let mut pixels = Vec::new();
    for index in 0..side * side * colours {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = if index % keep == 0 { state.to_be_bytes()[0] >> 5 } else { 0 };
        pixels.push((index / colours / side / 8).to_le_bytes()[0] ^ noise);
    }
    let mut image = Vec::new();
    let mut encoder = png::Encoder::new(&mut image, side, side);
    encoder.set_color(if colours == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("a valid header");
    writer.write_image_data(&pixels).expect("as many bytes as pixels");
    writer.finish().expect("written to memory");
    image
}

/// An SVG of about `size` bytes, most of it path data.
fn drawing(size: usize) -> String {
    let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 640\">");
    let mut step = 0;
    while svg.len() < size {
        step += 1;
        svg.push_str(&format!(
            "<g transform=\"rotate({step} 320 320)\"><path class=\"ray\" fill=\"url(#gold)\" d=\"M320 {step}C"
        ));
        for point in 0..30 {
            svg.push_str(&format!("{}.5 {} ", step + point, point * 7 % 640));
        }
        svg.push_str("z\"/></g>\n");
    }
    svg.push_str("</svg>");
    svg
}
