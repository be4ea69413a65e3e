//! The style sheet and the one script of the pages, under addresses that name their bytes.

use edge::assets::Asset;
use edge::{Answer, Problem, Request};
use std::sync::OnceLock;

/// Where they are.
const FOLDER: &str = "/assets/";

/// The style of every page, and what these pages have besides.
pub(crate) fn style() -> &'static Asset {
    static STYLE: OnceLock<Asset> = OnceLock::new();
    STYLE.get_or_init(|| {
        let text = format!("{}{}", edge::html::STYLE, include_str!("../../assets/apply.css"));
        Asset::style(FOLDER, "apply", text)
    })
}

/// What makes the pages more convenient where scripts run.
pub(crate) fn script() -> &'static Asset {
    static SCRIPT: OnceLock<Asset> = OnceLock::new();
    SCRIPT.get_or_init(|| Asset::module(FOLDER, "apply", include_str!("../../assets/apply.mjs")))
}

/// `GET /assets/{asset}`.
pub(crate) fn answer(request: &Request) -> Result<Answer, Problem> {
    edge::assets::find(&[style(), script()], request.parameter("asset").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use edge::Kind;

    fn get(name: &str) -> Result<http::Response<lambda_http::Body>, Kind> {
        let mut request = Request::test(http::Method::GET, "/assets/x", &[]);
        request.set_parameter("asset", name);
        answer(&request).map(|answer| answer.finish(&request)).map_err(|problem| problem.kind())
    }

    #[test]
    fn an_asset_is_kept_for_ever_under_the_name_of_its_bytes_only() {
        for asset in [style(), script()] {
            let response = get(asset.name()).unwrap();
            assert_eq!(response.headers()["content-type"], asset.media_type());
            assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        }
        assert!(get("apply.00.css").unwrap().headers()["cache-control"].to_str().unwrap().contains("max-age=60"));
        for name in ["", "apply", "x.css", "apply.00.js"] {
            assert_eq!(get(name).err(), Some(Kind::NotFound), "{name}");
        }
    }

    #[test]
    fn all_of_them_together_stay_small() {
        assert!(style().text().len() + script().text().len() < 40_000);
    }
}
