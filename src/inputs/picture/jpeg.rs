//! Whether a JPEG is there to its end: decoders fill up what is missing with grey, and Pillow refuses it.

/// Whether an end is found where pictures end. What comes before the first scan, such as a small picture
/// within the metadata, is passed over.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    let mut in_scan = false;
    while let Some(&byte) = bytes.get(at) {
        // Between segments, too, there may be bytes that mean nothing.
        if byte != 0xff {
            at += 1;
            continue;
        }
        match bytes.get(at + 1) {
            // A byte of the scan, a restart within it, or filling.
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(0xd9) => return in_scan,
            Some(marker) => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { return false };
                in_scan = *marker == 0xda || in_scan;
                at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
            }
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_end;

    #[test]
    fn an_end_counts_only_behind_a_scan() {
        let thumbnail = [0xff, 0xd8, 0xff, 0xe1, 0, 4, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 2, 1, 0xff, 0, 2, 0xff, 0xd0, 3];
        assert!(!has_end(&thumbnail));
        assert!(!has_end(&[&thumbnail[..], &scan[..]].concat()));
        assert!(has_end(&[&thumbnail[..], &scan[..], &[0xff, 0xd9]].concat()));
        let more = [0xff, 0xc4, 0, 3, 9];
        assert!(has_end(&[&thumbnail[..], &scan[..], &more[..], &scan[..], &[0xff, 0xd9]].concat()));
        assert!(!has_end(&[0xff, 0xd8, 0xff, 0xda, 0xff, 0xff]));
        assert!(!has_end(&[]));
    }
}
