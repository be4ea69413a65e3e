//! The style sheet and the module of the console, under addresses that name their bytes.

use edge::assets::Asset;
use edge::{Answer, Problem};
use std::sync::OnceLock;

/// Where they are.
const FOLDER: &str = "/console/assets/";

/// The style of every page, and what the console has besides.
pub(crate) fn style() -> &'static Asset {
    static STYLE: OnceLock<Asset> = OnceLock::new();
    STYLE.get_or_init(|| {
        let text = [edge::html::STYLE, include_str!("../assets/console.css"), design::editor::STYLE].concat();
        Asset::style(FOLDER, "console", text)
    })
}

/// What makes the pages more convenient where scripts run.
pub(crate) fn script() -> &'static Asset {
    static SCRIPT: OnceLock<Asset> = OnceLock::new();
    SCRIPT.get_or_init(|| Asset::module(FOLDER, "console", include_str!("../assets/console.mjs")))
}

/// The designer's module.
pub(crate) fn designer() -> &'static Asset {
    static DESIGNER: OnceLock<Asset> = OnceLock::new();
    DESIGNER.get_or_init(|| Asset::module(FOLDER, "designer", design::editor::SCRIPT))
}

/// All of them.
fn all() -> [&'static Asset; 3] {
    [style(), script(), designer()]
}

/// The asset of this name.
pub(crate) fn answer(name: &str) -> Result<Answer, Problem> {
    edge::assets::find(&all(), name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use edge::Kind;

    #[test]
    fn an_asset_is_kept_for_ever_under_the_name_of_its_bytes_only() {
        for asset in all() {
            let cache = |name: &str| answer(name).unwrap().header_value("cache-control").unwrap().to_owned();
            assert_eq!(cache(asset.name()), "public, max-age=31536000, immutable");
            let (stem, extension) = (asset.name().split('.').next().unwrap(), asset.name().rsplit('.').next().unwrap());
            assert!(cache(&format!("{stem}.00.{extension}")).contains("max-age=60"));
        }
        for name in ["", "console", "x.css", "console.00.js"] {
            assert_eq!(answer(name).map_err(|problem| problem.kind()).err(), Some(Kind::NotFound), "{name}");
        }
    }
}
