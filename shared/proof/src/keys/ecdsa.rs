//! ECDSA signatures: KMS answers DER, while JWS (RFC 7518 §3.4) and Data Integrity want `r ‖ s`, each left-padded to
//! the size of the curve's order.

use super::{KeyError, der};

/// Turns a DER `ECDSA-Sig-Value` (RFC 3279 §2.2.3) into `r ‖ s`, `2 × coordinate_bytes` long.
///
/// Strict: shortest lengths, positive integers in their shortest form, nothing left over, neither zero.
///
/// # Errors
/// [`KeyError::Malformed`] for anything else.
pub fn der_to_fixed(signature: &[u8], coordinate_bytes: usize) -> Result<Vec<u8>, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("ECDSA signature");
    let mut outer = der::Reader::new(signature);
    let mut pair = der::Reader::new(outer.read(der::SEQUENCE).map_err(|_| MALFORMED)?);
    outer.finish().map_err(|_| MALFORMED)?;
    let mut fixed = vec![0; 2 * coordinate_bytes];
    for half in fixed.chunks_exact_mut(coordinate_bytes) {
        let number = pair.read_unsigned().map_err(|_| MALFORMED)?;
        let padding = coordinate_bytes.checked_sub(number.len()).ok_or(MALFORMED)?;
        if number.is_empty() {
            return Err(MALFORMED);
        }
        half[padding..].copy_from_slice(number);
    }
    pair.finish().map_err(|_| MALFORMED)?;
    Ok(fixed)
}

/// Turns `r ‖ s` into the DER form, for checkers that want that one.
///
/// # Errors
/// [`KeyError::Malformed`] if the length is odd or beyond 2 × 66 bytes (P-521), or a half is zero.
pub fn fixed_to_der(signature: &[u8]) -> Result<Vec<u8>, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("ECDSA signature");
    if signature.is_empty() || signature.len() % 2 == 1 || signature.len() > 132 {
        return Err(MALFORMED);
    }
    let (r, s) = signature.split_at(signature.len() / 2);
    if [r, s].iter().any(|half| half.iter().all(|byte| *byte == 0)) {
        return Err(MALFORMED);
    }
    Ok(der::value(der::SEQUENCE, &[der::unsigned(r), der::unsigned(s)].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pads_on_the_left() {
        let der = [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x7f];
        let mut expected = [0; 64];
        expected[31] = 1;
        expected[63] = 0x7f;
        assert_eq!(der_to_fixed(&der, 32).unwrap(), expected);
        assert_eq!(fixed_to_der(&expected).unwrap(), der);
    }

    #[test]
    fn refuses_every_other_shape() {
        let refused: [&[u8]; 13] = [
            &[],
            &[0x30, 0x00],
            &[0x31, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x7f], // not a SEQUENCE
            &[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x7f, 0x00], // something follows
            &[0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x01, 0x7f, 0x00], // something follows inside
            &[0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x7f], // long length where the short fits
            &[0x30, 0x80, 0x02, 0x01, 0x01, 0x02, 0x01, 0x7f, 0, 0], // indefinite length
            &[0x30, 0x06, 0x02, 0x01, 0x81, 0x02, 0x01, 0x7f], // negative
            &[0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x7f], // needless leading zero
            &[0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x7f], // r is zero
            &[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00], // s is zero
            &[0x30, 0x05, 0x02, 0x00, 0x02, 0x01, 0x7f],       // empty INTEGER
            &[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x02, 0x7f], // runs past the end
        ];
        for der in refused {
            assert_eq!(der_to_fixed(der, 32), Err(KeyError::Malformed("ECDSA signature")), "{der:02x?}");
        }
        let too_long = der::value(der::SEQUENCE, &[der::unsigned(&[1; 33]), der::unsigned(&[1])].concat());
        assert!(der_to_fixed(&too_long, 32).is_err());
        assert!(fixed_to_der(&[1; 63]).is_err());
        assert!(fixed_to_der(&[0; 64]).is_err());
    }

    proptest! {
        #[test]
        fn round_trip(fixed in prop::collection::vec(any::<u8>(), 64), zeros in 0_usize..31) {
            let mut fixed = fixed;
            fixed[..zeros].fill(0);
            fixed[31] |= 1;
            fixed[63] |= 1;
            let der = fixed_to_der(&fixed).unwrap();
            prop_assert_eq!(der_to_fixed(&der, 32), Ok(fixed));
        }

        /// There is exactly one DER text per signature: whatever is accepted comes out again as it went in.
        #[test]
        fn accepts_one_text_only(
            fixed in prop::collection::vec(1_u8.., 64), at in any::<prop::sample::Index>(), with in any::<u8>()
        ) {
            let mut der = fixed_to_der(&fixed).unwrap();
            let at = at.index(der.len());
            der[at] = with;
            if let Ok(read) = der_to_fixed(&der, 32) {
                prop_assert_eq!(fixed_to_der(&read), Ok(der));
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = der_to_fixed(&bytes, 32);
            let _ = fixed_to_der(&bytes);
        }
    }
}
