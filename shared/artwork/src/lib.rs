//! Badge artwork: decode once under limits, sanitise, normalise to a square.
//!
//! An issuer uploads a picture; for years it is served under the issuer's name, shown by strangers' sites, and carries
//! people's credentials. So nothing of the upload is passed on as it came. [`normalise`] reads it once, keeps what is
//! picture, and writes it anew:
//!
//! - **PNG**: decoded, padded to a square with transparent pixels, scaled down when larger than [`MAX_KEPT_SIDE`], and
//!   encoded again. Text, Exif, appended files and credentials baked in earlier are gone, because nothing but pixels
//!   went through.
//! - **SVG**: rebuilt from an allow-list of elements and attributes (see `vector`), with a square `viewBox`. It is also
//!   drawn to a PNG, for the many displayers that show nothing else.
//!
//! The same upload always gives the same bytes, and normalising what comes out changes nothing: its hash can name it.
//!
//! Anything lost on the way that a designer would want to know is an [`ArtworkWarning`]; anything that cannot become a
//! badge is an [`ArtworkError`].

mod data_url;
mod raster;
mod render;
mod vector;

pub use bake::Format;
pub use data_url::{DataUrlError, parse_data_url};
pub use raster::{MAX_KEPT_SIDE, MAX_PIXELS, MAX_SIDE, SMALL_SIDE};
pub use render::{MAX_CANVASES, MAX_EXPANDED_ELEMENTS, RENDITION_SIDE};
pub use vector::{MAX_ELEMENTS, MAX_SVG_BYTES};

/// The largest upload, in bytes: 4 MiB, what an API call can carry in base64.
pub const MAX_UPLOAD_BYTES: usize = 4 << 20;

/// Artwork that is fit to be published and baked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artwork {
    /// What `bytes` is.
    pub format: Format,
    /// The picture, rewritten.
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`, in lower-case hexadecimal.
    pub sha256: String,
    /// Width in pixels; for an SVG that of its rendition.
    pub width: u32,
    /// Height in pixels; the same as `width` unless it is a logo.
    pub height: u32,
    /// The picture as PNG: `bytes` again, or the SVG drawn at [`RENDITION_SIDE`].
    pub png: Vec<u8>,
    /// SHA-256 of `png`, in lower-case hexadecimal.
    pub png_sha256: String,
    /// What the designer should know, each at most once, in the order of the enum.
    pub warnings: Vec<ArtworkWarning>,
}

/// Something that was lost or may look different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtworkWarning {
    /// It was not square and got transparent margins.
    Padded,
    /// It was larger than [`MAX_KEPT_SIDE`] and was scaled down.
    ScaledDown,
    /// It is smaller than [`SMALL_SIDE`]: it will look coarse.
    Small,
    /// Only the first frame of the animation, or the state before it starts, was kept.
    AnimationRemoved,
    /// A colour profile was removed; colours beyond sRGB may look different.
    ColourProfileRemoved,
    /// A credential had been baked into it and was removed.
    CredentialRemoved,
    /// Scripts, event handlers or other content that runs were removed.
    ActiveContentRemoved,
    /// Links, style sheets or other references to files elsewhere were removed.
    ReferencesRemoved,
    /// Elements that badges do not need (patterns, markers, heavy filters) were removed.
    ElementsRemoved,
    /// There is text. It looks different where its font is missing, and the PNG rendition leaves it out: convert it to
    /// paths.
    TextNeedsFonts,
}

/// Why an upload cannot become artwork.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ArtworkError {
    /// Larger than [`MAX_UPLOAD_BYTES`], or an SVG larger than [`MAX_SVG_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// Neither PNG nor SVG, whatever its name says.
    #[error("the file is neither a PNG nor an SVG image")]
    UnknownFormat,
    /// A PNG that cannot be decoded: cut off, damaged, or not in order.
    #[error("the PNG image is damaged")]
    DamagedPng,
    /// A side longer than [`MAX_SIDE`] or more than [`MAX_PIXELS`] altogether.
    #[error("the image has too many pixels: {width}×{height}")]
    TooManyPixels {
        /// Width in pixels, as the header claims.
        width: u32,
        /// Height in pixels, as the header claims.
        height: u32,
    },
    /// An SVG that is not well-formed, declares entities, nests too deep, or is no UTF-8.
    #[error(transparent)]
    Svg(#[from] bake::svg::SvgError),
    /// The SVG has neither a `viewBox` nor an absolute width and height.
    #[error("the SVG image does not say how large it is")]
    NoSize,
    /// The SVG embeds a bitmap: it should be uploaded as PNG.
    #[error("the SVG image embeds a bitmap")]
    EmbeddedBitmap,
    /// More than [`MAX_ELEMENTS`], more than [`MAX_EXPANDED_ELEMENTS`] once references are followed, or more than
    /// [`MAX_CANVASES`] to paint.
    #[error("the SVG image is too complex")]
    TooComplex,
    /// Nothing can be seen.
    #[error("the image is empty")]
    Blank,
}

/// What becomes of a picture that is not square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It gets transparent margins.
    Square,
    /// It stays as it is.
    AsDrawn,
}

/// Turns an upload into artwork.
///
/// # Errors
/// See [`ArtworkError`]; each says what the designer can do about it.
pub fn normalise(upload: &[u8]) -> Result<Artwork, ArtworkError> {
    normalise_as(upload, Shape::Square)
}

/// Turns an upload into a logo: the same, but as wide and as high as it was drawn.
///
/// # Errors
/// See [`ArtworkError`].
pub fn normalise_logo(upload: &[u8]) -> Result<Artwork, ArtworkError> {
    normalise_as(upload, Shape::AsDrawn)
}

fn normalise_as(upload: &[u8], shape: Shape) -> Result<Artwork, ArtworkError> {
    if upload.len() > MAX_UPLOAD_BYTES {
        return Err(ArtworkError::TooLarge);
    }
    let mut warnings = Warnings::default();
    let format = bake::sniff(upload).ok_or(ArtworkError::UnknownFormat)?;
    let (bytes, png, (width, height)) = match format {
        Format::Png => {
            let (png, size) = raster::normalise(upload, shape, &mut warnings)?;
            (png.clone(), png, size)
        }
        Format::Svg => {
            let svg = vector::normalise(upload, shape, &mut warnings)?;
            let (png, size) = render::to_png(&svg)?;
            (svg.into_bytes(), png, size)
        }
    };
    Ok(Artwork {
        format,
        sha256: sha256(&bytes),
        png_sha256: sha256(&png),
        bytes,
        width,
        height,
        png,
        warnings: warnings.into_sorted(),
    })
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

/// Collects warnings without repeating them.
#[derive(Default)]
struct Warnings(std::collections::BTreeSet<ArtworkWarning>);

impl Warnings {
    fn add(&mut self, warning: ArtworkWarning) {
        self.0.insert(warning);
    }

    fn into_sorted(self) -> Vec<ArtworkWarning> {
        self.0.into_iter().collect()
    }
}
