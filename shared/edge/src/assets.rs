//! What pages load besides themselves, under addresses that name the bytes: kept by browsers for ever, and never out of date.
//!
//! The scripts that several functions' pages use lie here, and `hosting` hands them out below [`FOLDER`].

use crate::answer::Cache;
use crate::{Answer, Kind, Problem};
use aws_lc_rs::digest;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Where shared assets are.
pub const FOLDER: &str = "/assets/shared/";

/// A style sheet or module that pages load.
#[derive(Debug)]
pub struct Asset {
    folder: &'static str,
    name: String,
    media_type: &'static str,
    text: Cow<'static, str>,
}

impl Asset {
    /// A module, handed out below `folder`. `stem`: what its name begins with.
    #[must_use]
    pub fn module(folder: &'static str, stem: &str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(folder, stem, "mjs", "text/javascript; charset=utf-8", text.into())
    }

    /// A style sheet, likewise.
    #[must_use]
    pub fn style(folder: &'static str, stem: &str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(folder, stem, "css", "text/css; charset=utf-8", text.into())
    }

    fn new(
        folder: &'static str,
        stem: &str,
        extension: &str,
        media_type: &'static str,
        text: Cow<'static, str>,
    ) -> Self {
        let hash = hex::encode(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..10]);
        Self { folder, name: format!("{stem}.{hash}.{extension}"), media_type, text }
    }

    /// What it is called below its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.media_type
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}{}", self.folder, self.name)
    }
}

/// The one of `assets` that has this name. A page that was opened before the product changed gets what there is now, for a minute.
///
/// # Errors
/// [`Kind::NotFound`] when there never was one.
pub fn find(assets: &[&Asset], name: &str) -> Result<Answer, Problem> {
    // stem.hash.extension
    let ends = |name: &str| {
        let (stem, rest) = name.split_once('.')?;
        Some((stem.to_owned(), rest.rsplit_once('.')?.1.to_owned()))
    };
    let wanted = ends(name).ok_or(Kind::NotFound)?;
    let asset = assets.iter().find(|asset| ends(&asset.name).as_ref() == Some(&wanted)).ok_or(Kind::NotFound)?;
    let cache = if asset.name == name { Cache::Immutable } else { Cache::Short };
    Ok(Answer::public(asset.media_type, asset.text.as_bytes(), cache))
}

/// What every page does better where scripts run: times in the reader's zone, buttons that copy and share.
pub fn page() -> &'static Asset {
    static PAGE: OnceLock<Asset> = OnceLock::new();
    PAGE.get_or_init(|| Asset::module(FOLDER, "page", include_str!("../assets/page.mjs")))
}

/// What the validator's page does better: files that are dropped, progress, large files.
pub fn validate() -> &'static Asset {
    static VALIDATE: OnceLock<Asset> = OnceLock::new();
    VALIDATE.get_or_init(|| Asset::module(FOLDER, "validate", include_str!("../assets/validate.mjs")))
}

/// The shared asset of this name ([`find`]).
///
/// # Errors
/// [`Kind::NotFound`] when there never was one.
pub fn answer(name: &str) -> Result<Answer, Problem> {
    find(&[page(), validate()], name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    fn cache(name: &str) -> Result<String, Kind> {
        let answer = answer(name).map_err(|problem| problem.kind())?;
        let response = answer.finish(&Request::test(http::Method::GET, "/", &[]));
        assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
        Ok(response.headers()["cache-control"].to_str().unwrap().to_owned())
    }

    #[test]
    fn an_asset_is_kept_for_ever_under_the_name_of_its_bytes_only() {
        for asset in [page(), validate()] {
            assert_eq!(asset.path().strip_prefix(FOLDER), Some(asset.name.as_str()));
            assert_eq!(cache(&asset.name), Ok("public, max-age=31536000, immutable".to_owned()));
        }
        assert!(cache("page.00.mjs").unwrap().contains("max-age=60"));
        for name in ["", "page", "page.mjs", "page.00.css", "other.00.mjs", "../page.00.mjs"] {
            assert_eq!(cache(name), Err(Kind::NotFound), "{name}");
        }
    }
}
