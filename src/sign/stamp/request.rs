//! The request for a time stamp, RFC 3161's `TimeStampReq`.

use declass_formats::Sha256Digest;

/// What comes before the imprint: a sequence of 67 bytes, version 1, an imprint by SHA-256 of 32 bytes.
const BEFORE: [u8; 24] = [
    0x30, 67, 0x02, 1, 1, 0x30, 49, 0x30, 13, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    0x05, 0, 0x04, 32,
];
/// What comes before the nonce: an integer of eight bytes.
const NONCE: [u8; 2] = [0x02, 8];
/// What comes after it: the answer shall carry the certificate of its signer.
const WITH_CERTIFICATE: [u8; 3] = [0x01, 1, 0xff];

/// The request for a time stamp of these bytes; the same bytes give the same request.
pub(crate) fn request(signature: &[u8]) -> Vec<u8> {
    let imprint = Sha256Digest::of(signature).0;
    [&BEFORE[..], &imprint, &NONCE, &nonce(signature), &WITH_CERTIFICATE].concat()
}

/// The number that the answer must repeat, made of the signature so that nobody has to keep it.
///
/// An answer from an earlier request has the same one, and is as good: it says that the signature was there
/// even earlier.
pub(super) fn nonce(signature: &[u8]) -> [u8; 8] {
    let digest = Sha256Digest::of(&[b"declass time stamp nonce\0", signature].concat()).0;
    let [first, a, b, c, d, e, f, g, ..] = digest;
    // Positive, and never shorter than eight bytes.
    [first & 0x3f | 0x40, a, b, c, d, e, f, g]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_long_as_it_says_and_always_the_same() {
        for signature in [&b""[..], b"signature"] {
            let request = request(signature);
            assert_eq!(request.len(), 2 + usize::from(BEFORE[1]));
            assert_eq!(request, super::request(signature));
            assert!((0x40..0x80).contains(&nonce(signature)[0]));
        }
        assert_ne!(nonce(b"a"), nonce(b"b"));
    }
}
