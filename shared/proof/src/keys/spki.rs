//! SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): what KMS `GetPublicKey` answers.

use super::{KeyError, P256Point, P384Point, PublicKey, RsaPublicKey, der};

/// id-Ed25519, 1.3.101.112 (RFC 8410).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480).
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// secp256r1, 1.2.840.10045.3.1.7.
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// secp384r1, 1.3.132.0.34.
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// rsaEncryption, 1.2.840.113549.1.1.1 (RFC 3279).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo: Ed25519, P-256, P-384 or RSA.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is none, [`KeyError::Unsupported`] for another kind of key, and what the key
    /// itself may lack.
    pub fn from_spki_der(bytes: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed("SubjectPublicKeyInfo");
        let mut outer = der::Reader::new(bytes);
        let mut info = der::Reader::new(outer.read(der::SEQUENCE)?);
        outer.finish()?;
        let mut algorithm = der::Reader::new(info.read(der::SEQUENCE)?);
        let key = info.read_bytes_of_bit_string()?;
        info.finish()?;
        let kind = algorithm.read(der::OBJECT_IDENTIFIER)?;
        let public_key = match kind {
            ED25519 => Self::Ed25519(key.try_into().map_err(|_| MALFORMED)?),
            EC_PUBLIC_KEY => match algorithm.read(der::OBJECT_IDENTIFIER)? {
                SECP256R1 => Self::P256(P256Point::from_sec1(key)?),
                SECP384R1 => Self::P384(P384Point::from_sec1(key)?),
                curve => return Err(KeyError::Unsupported(format!("curve with OID {}", hex::encode(curve)))),
            },
            RSA_ENCRYPTION => {
                if !algorithm.read(der::NULL)?.is_empty() {
                    return Err(MALFORMED);
                }
                Self::Rsa(RsaPublicKey::from_pkcs1_der(key)?)
            }
            other => return Err(KeyError::Unsupported(format!("algorithm with OID {}", hex::encode(other)))),
        };
        algorithm.finish()?;
        Ok(public_key)
    }

    /// Writes a DER SubjectPublicKeyInfo; points uncompressed.
    #[must_use]
    pub fn to_spki_der(&self) -> Vec<u8> {
        let oid = |oid: &[u8]| der::value(der::OBJECT_IDENTIFIER, oid);
        let (algorithm, key) = match self {
            Self::Ed25519(key) => (oid(ED25519), key.to_vec()),
            Self::P256(point) => ([oid(EC_PUBLIC_KEY), oid(SECP256R1)].concat(), point.uncompressed().to_vec()),
            Self::P384(point) => ([oid(EC_PUBLIC_KEY), oid(SECP384R1)].concat(), point.uncompressed().to_vec()),
            Self::Rsa(key) => ([oid(RSA_ENCRYPTION), der::value(der::NULL, &[])].concat(), key.to_pkcs1_der()),
        };
        let bits = der::value(der::BIT_STRING, &[&[0], key.as_slice()].concat());
        der::value(der::SEQUENCE, &[der::value(der::SEQUENCE, &algorithm), bits].concat())
    }
}
