//! What pages load besides themselves, under addresses that name the bytes: kept by browsers for ever, and never out of date.
//!
//! The scripts that several functions' pages use lie here, and `hosting` hands them out below [`FOLDER`].

use crate::answer::Cache;
use crate::{Answer, Kind, Problem};
use aws_lc_rs::digest;
use std::sync::OnceLock;

/// Where shared assets are.
pub const FOLDER: &str = "/assets/shared/";

/// A script that pages load as a module.
#[derive(Debug)]
pub struct Asset {
    name: String,
    text: &'static str,
}

impl Asset {
    fn new(name: &str, text: &'static str) -> Self {
        let hash = hex::encode(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..10]);
        Self { name: format!("{name}.{hash}.mjs"), text }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{FOLDER}{}", self.name)
    }
}

/// What every page does better where scripts run: times in the reader's zone, buttons that copy and share.
pub fn page() -> &'static Asset {
    static PAGE: OnceLock<Asset> = OnceLock::new();
    PAGE.get_or_init(|| Asset::new("page", include_str!("../assets/page.mjs")))
}

/// What the validator's page does better: files that are dropped, progress, large files.
pub fn validate() -> &'static Asset {
    static VALIDATE: OnceLock<Asset> = OnceLock::new();
    VALIDATE.get_or_init(|| Asset::new("validate", include_str!("../assets/validate.mjs")))
}

/// The asset of this name. A page that was opened before the product changed gets what there is now, for a minute.
///
/// # Errors
/// [`Kind::NotFound`] when there never was one.
pub fn answer(name: &str) -> Result<Answer, Problem> {
    let stem = name.strip_suffix(".mjs").and_then(|name| name.split_once('.')).map(|(stem, _)| stem);
    let wanted = |asset: &&&Asset| asset.name.split('.').next() == stem && stem.is_some();
    let asset = [page(), validate()];
    let asset = asset.iter().find(wanted).ok_or(Kind::NotFound)?;
    let cache = if asset.name == name { Cache::Immutable } else { Cache::Short };
    Ok(Answer::public("text/javascript; charset=utf-8", asset.text, cache))
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
