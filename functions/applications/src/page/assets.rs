//! The style sheet and the one script of the pages, under addresses that name their bytes.

use aws_lc_rs::digest;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use std::sync::OnceLock;

/// A file that pages load.
#[derive(Debug)]
pub(crate) struct Asset {
    name: String,
    media_type: &'static str,
    text: String,
}

impl Asset {
    fn new(extension: &str, media_type: &'static str, text: String) -> Self {
        let hash = hex::encode(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..10]);
        Self { name: format!("apply.{hash}.{extension}"), media_type, text }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where it is.
    pub(crate) fn path(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

/// The style of every page, and what these pages have besides.
pub(crate) fn style() -> &'static Asset {
    static STYLE: OnceLock<Asset> = OnceLock::new();
    STYLE.get_or_init(|| {
        let text = format!("{}{}", edge::html::STYLE, include_str!("../../assets/apply.css"));
        Asset::new("css", "text/css; charset=utf-8", text)
    })
}

/// What makes the pages more convenient where scripts run.
pub(crate) fn script() -> &'static Asset {
    static SCRIPT: OnceLock<Asset> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        Asset::new("mjs", "text/javascript; charset=utf-8", include_str!("../../assets/apply.mjs").to_owned())
    })
}

/// `GET /assets/{asset}`. A page that was opened before the product changed gets what there is now, for a minute.
pub(crate) fn answer(request: &Request) -> Result<Answer, Problem> {
    let name = request.parameter("asset").unwrap_or_default();
    let wanted =
        |asset: &&&Asset| name.starts_with("apply.") && name.rsplit('.').next() == asset.name.rsplit('.').next();
    let asset = [style(), script()];
    let asset = asset.iter().find(wanted).ok_or(Kind::NotFound)?;
    let cache = if asset.name == name { Cache::Immutable } else { Cache::Short };
    Ok(Answer::public(asset.media_type, asset.text.as_str(), cache))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(name: &str) -> Result<http::Response<lambda_http::Body>, Kind> {
        let mut request = Request::test(http::Method::GET, "/assets/x", &[]);
        request.set_parameter("asset", name);
        answer(&request).map(|answer| answer.finish(&request)).map_err(|problem| problem.kind())
    }

    #[test]
    fn an_asset_is_kept_for_ever_under_the_name_of_its_bytes_only() {
        for asset in [style(), script()] {
            let response = get(&asset.name).unwrap();
            assert_eq!(response.headers()["content-type"], asset.media_type);
            assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        }
        assert!(get("apply.00.css").unwrap().headers()["cache-control"].to_str().unwrap().contains("max-age=60"));
        for name in ["", "apply", "x.css", "apply.00.js"] {
            assert_eq!(get(name).err(), Some(Kind::NotFound), "{name}");
        }
    }

    #[test]
    fn all_of_them_together_stay_small() {
        assert!(style().text.len() + script().text.len() < 40_000);
    }
}
