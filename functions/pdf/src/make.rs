//! From a credential to its PDF badge: drawn, sealed, examined, kept.
//!
//! What is kept in S3 can be made again from the records, so it may be deleted there at any time. Its name tells what it was made
//! with — seal, look, edition of the page —, so that after a change of any of these it is made anew; copies that people have stay good.

use crate::App;
use crate::sheet::Sheet;
use crate::wanted::Wanted;
use aws_lc_rs::digest;
use badge::brand::{Brand, PdfLayout};
use bake::Payload;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use futures_util::{FutureExt as _, try_join};
use jiff::Timestamp;
use observe::Count;
use pdf::certificate::Certificate;
use pdf::seal::{self, Sealing};
use std::time::Duration;
use store::events::StoredEvent;
use store::{KeyState, Seal, StoredCredential, key};

/// Number of the page's design. Whoever changes how the page looks adds one, and everybody gets the new page.
const DESIGN: u32 = 2;
/// Bytes of a file that an answer carries. Lambda gives the gateway at most 6 MB, and base64 makes four of three.
const MAX_ANSWER_BYTES: usize = 4_400_000;
/// How long the address holds that a larger file is served from instead.
const ADDRESS_LIFE: Duration = Duration::from_secs(300);

/// `GET /pdf/{key}/{credential}.pdf`. A revoked credential has none: what shows a name and cannot be taken back should not be handed
/// out for what no longer holds.
pub(crate) async fn answer(app: &App, wanted: &Wanted, request: &Request) -> Result<Answer, Problem> {
    let found = app.claims.credential(&wanted.credential).await?;
    let (StoredEvent { event, .. }, credential) = found.ok_or(Kind::NotFound)?;
    if !wanted.may(&event) {
        return Err(Kind::NotFound.into());
    }
    if credential.revoked.is_some() {
        return Err(Kind::Revoked.into());
    }
    let (brand, seals) = try_join!(app.store.brand(&event.client), app.store.seals()).map_err(edge::failed)?;
    let seal = usable(&seals, request.now);
    let seal = seal.ok_or_else(|| Problem::internal("there is no seal to put on: see `operator seal create`"))?;
    let layout = wanted.layout.unwrap_or(brand.pdf_layout);
    let object = key::pdf_object(&wanted.credential, &edition(seal, &brand, layout)?);
    let name = format!("{}.pdf", event.name);
    let number = credential.number;
    let event_id = event.id.clone();
    let bytes = match app.store.object(&object).await.map_err(edge::failed)? {
        Some(bytes) => bytes,
        None => {
            let sheet = sheet(app, event, credential, brand, layout).await?;
            let bytes = sealed(app, &sheet, seal, request.now).await?;
            let kept = app.store.put_private_object(&object, "application/pdf", bytes.clone());
            // Noted before it is handed out, and only when it is made: who fetches it again changes nothing.
            let noted = app.store.note_pdf(&event_id, number, request.now);
            try_join!(kept, noted).map_err(edge::failed)?;
            observe::count(Count::PDFS, 1);
            bytes
        }
    };
    if bytes.len() > MAX_ANSWER_BYTES {
        let address = app.store.presigned(&object, ADDRESS_LIFE).await.map_err(edge::failed)?;
        return Ok(Answer::new(302).header("location", address).cache(Cache::None));
    }
    Ok(Answer::new(200)
        .body("application/pdf", bytes)
        .cache(Cache::None)
        .header("content-disposition", edge::answer::disposition("inline", &name))
        .header("x-robots-tag", "noindex, noarchive")
        .header("referrer-policy", "no-referrer"))
}

/// The seal to put on now: the newest one that is active and whose certificate holds. An authority's certificate ends after a year or
/// three; then the one before it, if it was not retired, serves on.
fn usable(seals: &[Seal], now: Timestamp) -> Option<&Seal> {
    let holds = |seal: &&Seal| {
        Certificate::read(&seal.certificate).is_ok_and(|read| read.is_valid_at(now) && read.may_sign_documents())
    };
    seals.iter().rev().filter(|seal| seal.state == KeyState::Active).find(holds)
}

/// What a PDF badge was made with, in 32 letters and digits.
fn edition(seal: &Seal, brand: &Brand, layout: PdfLayout) -> Result<String, Problem> {
    let made_with = serde_json::to_string(&(DESIGN, brand, layout)).map_err(Problem::internal)?;
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&seal.fingerprint);
    context.update(made_with.as_bytes());
    Ok(hex::encode(&context.finish().as_ref()[..16]))
}

/// Everything the page is made from.
async fn sheet(
    app: &App,
    event: badge::Event,
    credential: StoredCredential,
    brand: Brand,
    layout: PdfLayout,
) -> Result<Sheet, Problem> {
    let (badge, organisation) =
        try_join!(app.store.badge_version(&event.badge, event.badge_version), app.store.organisation(&event.client))
            .map_err(edge::failed)?;
    let badge = badge.ok_or_else(|| Problem::internal("the badge version of an event is gone"))?;
    let organisation = organisation.ok_or_else(|| Problem::internal("the organisation of an event is gone"))?;
    let logo = async {
        match &brand.logo {
            Some(logo) => app.pictures.drawn(&app.store, logo).await.map(Some),
            None => Ok(None),
        }
    };
    let (artwork, png, logo) = try_join!(
        app.pictures.drawn(&app.store, &badge.artwork),
        app.pictures.png(&app.store, &badge.artwork),
        logo.boxed(),
    )?;
    let baked = bake::bake(&png, &Payload::v3_json(&credential.document)).map_err(Problem::internal)?;
    let organisation = organisation.organisation;
    Ok(Sheet { event, credential, badge, organisation, brand, artwork, baked, logo, layout })
}

/// Draws and seals. What comes out has been examined as the validator examines it.
async fn sealed(app: &App, sheet: &Sheet, seal: &Seal, now: Timestamp) -> Result<Vec<u8>, Problem> {
    let page = sheet.drawn(&app.renderer, &app.urls).map_err(Problem::internal)?;
    let issuer: String = sheet.issuer().chars().filter(|c| !c.is_control()).take(150).collect();
    let reason = sheet.lang().pick("Issued by ", "発行者: ").to_owned() + &issuer;
    let sealing = Sealing { certificate_der: &seal.certificate, reason: &reason, name: &seal.name, at: now };
    let key =
        Certificate::read(&seal.certificate).map_err(Problem::internal)?.public_key().map_err(Problem::internal)?;
    let draft = seal::draft(page, &sealing).map_err(Problem::internal)?;
    let signature = app.signer.sign(&seal.arn, &draft.signing_input()).await.map_err(edge::failed)?;
    draft.complete(&signature, &key).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::brand::Colour;

    #[test]
    fn another_seal_look_or_side_is_another_file() {
        let seal = |number| Seal {
            fingerprint: [number; 32],
            name: "S".into(),
            arn: "arn".into(),
            certificate: vec![],
            state: KeyState::Active,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let (brand, other) = (Brand::default(), Brand { colour: Colour { rgb: [0; 3] }, ..Brand::default() });
        let names = [
            edition(&seal(1), &brand, PdfLayout::Landscape).unwrap(),
            edition(&seal(2), &brand, PdfLayout::Landscape).unwrap(),
            edition(&seal(1), &other, PdfLayout::Landscape).unwrap(),
            edition(&seal(1), &brand, PdfLayout::Portrait).unwrap(),
        ];
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert_eq!(edition(&seal(1), &brand, PdfLayout::Landscape).unwrap(), names[0]);
    }
}
