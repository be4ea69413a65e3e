//! The style sheet and the module of the console, under addresses that name their bytes.

use aws_lc_rs::digest;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem};
use std::sync::OnceLock;

/// A file that pages load.
#[derive(Debug)]
pub(crate) struct Asset {
    name: String,
    media_type: &'static str,
    text: String,
}

impl Asset {
    fn new(stem: &str, extension: &str, media_type: &'static str, text: String) -> Self {
        let hash = hex::encode(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..10]);
        Self { name: format!("{stem}.{hash}.{extension}"), media_type, text }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> String {
        format!("/console/assets/{}", self.name)
    }
}

/// The style of every page, and what the console has besides.
pub(crate) fn style() -> &'static Asset {
    static STYLE: OnceLock<Asset> = OnceLock::new();
    STYLE.get_or_init(|| {
        let text = [edge::html::STYLE, include_str!("../assets/console.css"), design::editor::STYLE].concat();
        Asset::new("console", "css", "text/css; charset=utf-8", text)
    })
}

/// What makes the pages more convenient where scripts run.
pub(crate) fn script() -> &'static Asset {
    static SCRIPT: OnceLock<Asset> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let text = include_str!("../assets/console.mjs").to_owned();
        Asset::new("console", "mjs", "text/javascript; charset=utf-8", text)
    })
}

/// The designer's module.
pub(crate) fn designer() -> &'static Asset {
    static DESIGNER: OnceLock<Asset> = OnceLock::new();
    DESIGNER.get_or_init(|| {
        Asset::new("designer", "mjs", "text/javascript; charset=utf-8", design::editor::SCRIPT.to_owned())
    })
}

/// All of them.
fn all() -> [&'static Asset; 3] {
    [style(), script(), designer()]
}

/// The asset of this name. A page that was opened before the product changed gets what there is now, for a minute.
pub(crate) fn answer(name: &str) -> Result<Answer, Problem> {
    let ends = |name: &str| (name.split('.').next().map(str::to_owned), name.rsplit('.').next().map(str::to_owned));
    let asset = all().into_iter().find(|asset| ends(&asset.name) == ends(name)).ok_or(Kind::NotFound)?;
    let cache = if asset.name == name { Cache::Immutable } else { Cache::Short };
    Ok(Answer::public(asset.media_type, asset.text.as_str(), cache))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_kept_for_ever_under_the_name_of_its_bytes_only() {
        for asset in all() {
            let cache = |name: &str| answer(name).unwrap().header_value("cache-control").unwrap().to_owned();
            assert_eq!(cache(&asset.name), "public, max-age=31536000, immutable");
            let (stem, extension) = (asset.name.split('.').next().unwrap(), asset.name.rsplit('.').next().unwrap());
            assert!(cache(&format!("{stem}.00.{extension}")).contains("max-age=60"));
        }
        for name in ["", "console", "x.css", "console.00.js"] {
            assert_eq!(answer(name).map_err(|problem| problem.kind()).err(), Some(Kind::NotFound), "{name}");
        }
    }
}
