//! The text encodings proofs and keys travel in: base58-btc, multibase and base64url.
//!
//! All three are read strictly: one text per value, no padding, no white space, and never more bytes than the caller
//! asked for. base58 is quadratic in its length, so its limit is part of the signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The base58-btc alphabet: no `0`, `O`, `I` or `l`.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Value of each ASCII character in base58, or 255.
const VALUES: [u8; 128] = {
    let mut values = [255; 128];
    let mut digit = 0;
    while digit < 58 {
        #[expect(clippy::cast_possible_truncation, reason = "digit is below 58")]
        let value = digit as u8;
        values[ALPHABET[digit] as usize] = value;
        digit += 1;
    }
    values
};

/// Digits handled at once: 58⁵ is the largest power that fits 32 bits.
const DIGITS_PER_LIMB: usize = 5;

/// 58⁵.
const LIMB: u64 = 58 * 58 * 58 * 58 * 58;

/// Why a text is not a value in the expected encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// A character outside the alphabet, padding, or left-over bits.
    #[error("not valid {0}")]
    Invalid(&'static str),
    /// The text would decode to more bytes than the caller accepts.
    #[error("longer than {max_bytes} bytes")]
    TooLong {
        /// The caller's limit.
        max_bytes: usize,
    },
    /// A multibase text whose first character is not `z` (base58-btc).
    #[error("multibase prefix is not \"z\" (base58-btc)")]
    NotBase58Multibase,
}

/// Writes `bytes` as base58-btc; a leading zero byte becomes a leading `1`.
#[must_use]
pub fn base58_encode(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = &bytes[zeros..];
    // Little-endian limbs in base 58⁵, fed four bytes at a time (the odd ones first).
    let mut limbs: Vec<u32> = Vec::with_capacity(significant.len() / 3 + 1);
    let (head, tail) = significant.split_at(significant.len() % 4);
    let words = std::iter::once(head).chain(tail.chunks_exact(4)).filter(|word| !word.is_empty());
    for word in words {
        let mut carry = word.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        for limb in &mut limbs {
            let value = (u64::from(*limb) << 32) + carry;
            *limb = low_half(value % LIMB);
            carry = value / LIMB;
        }
        while carry > 0 {
            limbs.push(low_half(carry % LIMB));
            carry /= LIMB;
        }
    }
    let mut text = String::with_capacity(zeros + limbs.len() * DIGITS_PER_LIMB);
    text.extend(std::iter::repeat_n('1', zeros));
    let mut leading = true;
    for limb in limbs.iter().rev() {
        let mut divisor = LIMB / 58;
        while divisor > 0 {
            let digit = usize::try_from(u64::from(*limb) / divisor % 58).unwrap_or_default();
            divisor /= 58;
            if leading && digit == 0 {
                continue;
            }
            leading = false;
            text.push(char::from(ALPHABET[digit]));
        }
    }
    text
}

/// Reads base58-btc of at most `max_bytes` bytes.
///
/// # Errors
/// [`EncodingError::Invalid`] for a foreign character, [`EncodingError::TooLong`] beyond `max_bytes`.
pub fn base58_decode(text: &str, max_bytes: usize) -> Result<Vec<u8>, EncodingError> {
    let digits = text.as_bytes();
    // A base58 digit carries log2(58) ≈ 5.858 bits, a leading `1` a whole byte: 138 digits per 100 bytes suffice. The
    // check comes before any work that grows with the square of the length.
    if digits.len() > max_bytes * 138 / 100 + 1 {
        return Err(EncodingError::TooLong { max_bytes });
    }
    let zeros = digits.iter().take_while(|digit| **digit == b'1').count();
    let significant = &digits[zeros..];
    let mut limbs: Vec<u32> = Vec::with_capacity(significant.len() / 5 + 1);
    let (head, tail) = significant.split_at(significant.len() % DIGITS_PER_LIMB);
    let groups = std::iter::once(head).chain(tail.chunks_exact(DIGITS_PER_LIMB)).filter(|group| !group.is_empty());
    for group in groups {
        let mut factor = 1_u64;
        let mut carry = 0_u64;
        for digit in group {
            let value = VALUES.get(usize::from(*digit)).copied().filter(|value| *value < 58);
            carry = carry * 58 + u64::from(value.ok_or(EncodingError::Invalid("base58"))?);
            factor *= 58;
        }
        for limb in &mut limbs {
            let value = u64::from(*limb) * factor + carry;
            *limb = low_half(value);
            carry = value >> 32;
        }
        if carry > 0 {
            limbs.push(low_half(carry));
        }
    }
    let mut bytes = vec![0; zeros];
    bytes.extend(limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).skip_while(|byte| *byte == 0));
    if bytes.len() > max_bytes {
        return Err(EncodingError::TooLong { max_bytes });
    }
    Ok(bytes)
}

/// Writes `bytes` as multibase base58-btc: `z` and the base58 text.
#[must_use]
pub fn multibase_encode(bytes: &[u8]) -> String {
    let mut text = base58_encode(bytes);
    text.insert(0, 'z');
    text
}

/// Reads multibase base58-btc (`z…`) of at most `max_bytes` bytes. The other multibase alphabets are not used by any
/// suite here.
///
/// # Errors
/// [`EncodingError::NotBase58Multibase`] when the prefix is not `z`; otherwise as [`base58_decode`].
pub fn multibase_decode(text: &str, max_bytes: usize) -> Result<Vec<u8>, EncodingError> {
    base58_decode(text.strip_prefix('z').ok_or(EncodingError::NotBase58Multibase)?, max_bytes)
}

/// Writes `bytes` as base64url without padding (RFC 4648 §5, RFC 7515 §2).
#[must_use]
pub fn base64url_encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url without padding; left-over bits must be zero.
///
/// # Errors
/// [`EncodingError::Invalid`] for anything else.
pub fn base64url_decode(text: &str) -> Result<Vec<u8>, EncodingError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| EncodingError::Invalid("base64url"))
}

/// The low 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low_half(value: u64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts() {
        // draft-msporny-base58, section 5.
        assert_eq!(base58_encode(b"Hello World!"), "2NEpo7TZRRrLZSi2U");
        assert_eq!(
            base58_encode(b"The quick brown fox jumps over the lazy dog."),
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"
        );
        assert_eq!(base58_encode(&[0, 0, 0x28, 0x7f, 0xb4, 0xcd]), "11233QC4");
        assert_eq!(base58_decode("11233QC4", 6), Ok(vec![0, 0, 0x28, 0x7f, 0xb4, 0xcd]));
        assert_eq!(base58_encode(&[]), "");
        assert_eq!(base58_decode("", 0), Ok(vec![]));
    }

    #[test]
    fn refuses_what_is_not_base58() {
        for text in ["0", "O", "I", "l", " 1", "1\n", "é", "\u{7f}"] {
            assert_eq!(base58_decode(text, 8), Err(EncodingError::Invalid("base58")), "{text:?}");
        }
        assert_eq!(base58_decode("zz", 1), Err(EncodingError::TooLong { max_bytes: 1 }));
        assert_eq!(base58_decode(&"1".repeat(100_000), 64), Err(EncodingError::TooLong { max_bytes: 64 }));
        assert_eq!(multibase_decode("uAAAA", 64), Err(EncodingError::NotBase58Multibase));
        assert_eq!(multibase_decode("", 64), Err(EncodingError::NotBase58Multibase));
    }

    #[test]
    fn base64url_has_one_text_per_value() {
        assert_eq!(base64url_decode("AQAB"), Ok(vec![1, 0, 1]));
        for text in ["AQA=", "AQAB=", "AB", "A", "AQ+B", "AQ/B", " AQAB", "AQAB\n"] {
            assert_eq!(base64url_decode(text), Err(EncodingError::Invalid("base64url")), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn base58_round_trip(bytes in prop::collection::vec(any::<u8>(), 0..200), zeros in 0_usize..4) {
            let mut all = vec![0; zeros];
            all.extend(bytes);
            let text = base58_encode(&all);
            prop_assert_eq!(base58_decode(&text, all.len()), Ok(all.clone()));
            prop_assert_eq!(multibase_decode(&multibase_encode(&all), all.len()), Ok(all));
        }

        #[test]
        fn base58_texts_are_unique(text in "[1-9A-HJ-NP-Za-km-z]{0,90}") {
            let bytes = base58_decode(&text, 90).unwrap();
            prop_assert_eq!(base58_encode(&bytes), text);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,300}") {
            let _ = base58_decode(&text, 64);
            let _ = multibase_decode(&text, 64);
            let _ = base64url_decode(&text);
        }
    }
}
