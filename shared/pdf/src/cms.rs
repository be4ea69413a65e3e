//! The signature inside a seal: CMS SignedData (RFC 5652) in the profile of CAdES and PAdES baseline B
//! (ETSI EN 319 122-1 §6.3, EN 319 142-1 §6.3).
//!
//! Written in exactly one way, of which every byte follows from the digest, the certificate and the signature; so whether
//! a seal is of our making is asked by writing it again ([`signed_data`]) and comparing. Read strictly, but wider than
//! that, for the seals of others.

use proof::keys::PublicKey;

use crate::{
    certificate::{Certificate, read_time},
    der::{self, Malformed, Reader},
    oids,
    signature::{Digest, Scheme},
};

/// Most certificates read from one seal.
const MAX_CERTIFICATES: usize = 8;
/// Most signed attributes read.
const MAX_ATTRIBUTES: usize = 16;

/// The signed attributes as they are signed, a SET: contentType, messageDigest and signingCertificateV2; no signingTime,
/// because in a PDF the signature dictionary's `/M` says it (EN 319 142-1 §6.3).
pub(crate) fn signed_attributes(digest: &[u8; 32], certificate_fingerprint: &[u8; 32]) -> Vec<u8> {
    let attribute = |oid, value: &[u8]| der::sequence(&[&der::oid(oid), &der::value(der::SET, &[value])]);
    // ESSCertIDv2 with its default algorithm, SHA-256, which DER leaves out (RFC 5035 §4).
    let id = der::sequence(&[&der::value(der::OCTET_STRING, &[certificate_fingerprint])]);
    let mut attributes = [
        attribute(oids::CONTENT_TYPE, &der::oid(oids::DATA)),
        attribute(oids::MESSAGE_DIGEST, &der::value(der::OCTET_STRING, &[digest])),
        attribute(oids::SIGNING_CERTIFICATE_V2, &der::sequence(&[&der::sequence(&[&id])])),
    ];
    // DER's order of a SET OF: by encoding.
    attributes.sort_unstable();
    der::value(der::SET, &[&attributes.concat()])
}

/// The whole seal. `attributes` as [`signed_attributes`] wrote them, `algorithm` as [`crate::signature::identifier`],
/// `signature` in the form CMS has it.
pub(crate) fn signed_data(
    certificate: &Certificate<'_>,
    attributes: &[u8],
    algorithm: &[u8],
    signature: &[u8],
) -> Vec<u8> {
    let version = der::value(der::INTEGER, &[&[1]]);
    let sha256 = der::sequence(&[&der::oid(oids::SHA256)]);
    // Within SignerInfo the SET is written as [0]; the rest of it stays.
    let attributes = [&[der::context(0)], attributes.get(1..).unwrap_or_default()].concat();
    let signer = der::sequence(&[
        &version,
        &der::sequence(&[certificate.issuer, &der::value(der::INTEGER, &[certificate.serial])]),
        &sha256,
        &attributes,
        algorithm,
        &der::value(der::OCTET_STRING, &[signature]),
    ]);
    let signed_data = der::sequence(&[
        &version,
        &der::value(der::SET, &[&sha256]),
        &der::sequence(&[&der::oid(oids::DATA)]),
        &der::value(der::context(0), &[certificate.der()]),
        &der::value(der::SET, &[&signer]),
    ]);
    der::sequence(&[&der::oid(oids::SIGNED_DATA), &der::value(der::context(0), &[&signed_data])])
}

/// A seal that has been read: detached, with one signer, who signed attributes.
#[derive(Debug, Clone)]
pub(crate) struct SignedData<'a> {
    /// All of it.
    pub(crate) whole: &'a [u8],
    /// Every certificate in it that could be read.
    pub(crate) certificates: Vec<Certificate<'a>>,
    signer: Signer<'a>,
    digest: Option<Digest>,
    /// The signed attributes as they are signed, a SET.
    attributes: Vec<u8>,
    /// The digest that was signed; of the document, if [`Self::covers`] says so.
    pub(crate) message_digest: &'a [u8],
    signing_certificate: Option<(Option<Digest>, &'a [u8])>,
    /// What the signer says about when; PDF usually says it elsewhere.
    pub(crate) signing_time: Option<jiff::Timestamp>,
    scheme: Option<Scheme>,
    /// The signature's bytes.
    pub(crate) signature: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
enum Signer<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier,
}

/// id-signingTime, 1.2.840.113549.1.9.5.
const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];

impl<'a> SignedData<'a> {
    /// Reads the seal at the beginning of `bytes`; what follows it must be zeros.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut all = Reader::new(bytes);
        let outer = all.value(der::SEQUENCE)?;
        if all.rest().iter().any(|byte| *byte != 0) {
            return Err(Malformed);
        }
        let mut info = Reader::new(outer.contents);
        if info.read(der::OID)? != oids::SIGNED_DATA {
            return Err(Malformed);
        }
        let mut explicit = info.enter(der::context(0))?;
        info.finish()?;
        let mut data = explicit.enter(der::SEQUENCE)?;
        explicit.finish()?;

        if !matches!(data.read(der::INTEGER)?, [1 | 3]) {
            return Err(Malformed);
        }
        data.read(der::SET)?;
        // Detached: the type of what is signed, and no content.
        let mut content = data.enter(der::SEQUENCE)?;
        if content.read(der::OID)? != oids::DATA {
            return Err(Malformed);
        }
        content.finish()?;
        let mut list = data.enter(der::context(0))?;
        let mut certificates = Vec::new();
        while !list.is_empty() {
            let certificate = list.value(der::SEQUENCE)?.whole;
            if certificates.len() == MAX_CERTIFICATES {
                return Err(Malformed);
            }
            certificates.push(Certificate::read(certificate).map_err(|_| Malformed)?);
        }
        // Revocation lists may lie beside; nothing here looks at them.
        data.optional(der::context(1))?;
        let mut signers = data.enter(der::SET)?;
        data.finish()?;
        let signer = signers.enter(der::SEQUENCE)?;
        signers.finish()?;
        Self::signer(outer.whole, certificates, signer)
    }

    fn signer(whole: &'a [u8], certificates: Vec<Certificate<'a>>, mut info: Reader<'a>) -> Result<Self, Malformed> {
        let version = info.read(der::INTEGER)?;
        let id = info.any()?;
        let signer = match (version, id.tag) {
            ([1], der::SEQUENCE) => {
                let mut id = Reader::new(id.contents);
                let issuer = id.value(der::SEQUENCE)?.whole;
                let serial = id.read(der::INTEGER)?;
                id.finish()?;
                Signer::IssuerAndSerial { issuer, serial }
            }
            ([3], 0x80) => Signer::KeyIdentifier,
            _ => return Err(Malformed),
        };
        let digest = Digest::read(&mut info)?;
        let attributes = info.value(der::context(0))?;
        let (mut content_type, mut message_digest, mut signing_certificate, mut signing_time) =
            (None, None, None, None);
        let mut list = Reader::new(attributes.contents);
        let mut seen: Vec<&[u8]> = Vec::new();
        while !list.is_empty() {
            let mut attribute = list.enter(der::SEQUENCE)?;
            let oid = attribute.read(der::OID)?;
            let mut values = attribute.enter(der::SET)?;
            attribute.finish()?;
            if seen.len() == MAX_ATTRIBUTES || seen.contains(&oid) {
                return Err(Malformed);
            }
            seen.push(oid);
            match oid {
                oids::CONTENT_TYPE => content_type = Some(values.read(der::OID)?),
                oids::MESSAGE_DIGEST => message_digest = Some(values.read(der::OCTET_STRING)?),
                oids::SIGNING_CERTIFICATE_V2 => signing_certificate = Some(ess_cert_id(&mut values)?),
                SIGNING_TIME => signing_time = Some(read_time(&mut values)?),
                _ => continue,
            }
            // RFC 5652 §11: one value each.
            values.finish()?;
        }
        if content_type != Some(oids::DATA) {
            return Err(Malformed);
        }
        let scheme = Scheme::read(&mut info)?;
        let signature = info.read(der::OCTET_STRING)?;
        // A time stamp, with others.
        info.optional(der::context(1))?;
        info.finish()?;
        Ok(Self {
            whole,
            certificates,
            signer,
            digest,
            attributes: [&[der::SET], attributes.whole.get(1..).unwrap_or_default()].concat(),
            message_digest: message_digest.ok_or(Malformed)?,
            signing_certificate,
            signing_time,
            scheme,
            signature,
        })
    }

    /// The signer's certificate: the one that signingCertificateV2 names, which is signed; without it, the one of the
    /// signer's issuer and serial number.
    pub(crate) fn certificate(&self) -> Option<&Certificate<'a>> {
        let named = |certificate: &&Certificate<'a>| match self.signing_certificate {
            Some((digest, hash)) => digest.is_some_and(|digest| digest.of(&[certificate.der()]) == hash),
            None => true,
        };
        self.certificates.iter().filter(named).find(|certificate| match self.signer {
            Signer::IssuerAndSerial { issuer, serial } => certificate.issuer == issuer && certificate.serial == serial,
            Signer::KeyIdentifier => self.signing_certificate.is_some(),
        })
    }

    /// Whether the seal's digest is that of the parts; `None` if it is of a kind that is not known here.
    pub(crate) fn covers(&self, parts: &[&[u8]]) -> Option<bool> {
        Some(self.digest?.of(parts) == self.message_digest)
    }

    /// Whether the signature over the attributes is the key's; `None` if the algorithm is not known here.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> Option<bool> {
        Some(self.scheme?.verify(self.digest, key, &self.attributes, self.signature))
    }
}

/// The digest and the hash of the first ESSCertIDv2 (RFC 5035 §4), which is the signer's.
fn ess_cert_id<'a>(values: &mut Reader<'a>) -> Result<(Option<Digest>, &'a [u8]), Malformed> {
    let mut signing_certificate = values.enter(der::SEQUENCE)?;
    let mut ids = signing_certificate.enter(der::SEQUENCE)?;
    let mut id = ids.enter(der::SEQUENCE)?;
    let digest = if id.rest().first() == Some(&der::SEQUENCE) { Digest::read(&mut id)? } else { Some(Digest::Sha256) };
    Ok((digest, id.read(der::OCTET_STRING)?))
}
