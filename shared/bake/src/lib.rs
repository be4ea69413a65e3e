//! Splice a credential into a PNG or SVG and read it back, without decoding a pixel.
