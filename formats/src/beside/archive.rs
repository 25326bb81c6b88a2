//! Archives, told by what they say is in them.

use super::{Glimpse, names};

/// What is known about the files in an archive.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Inside {
    /// All are of kinds that hold no weights.
    Harmless,
    /// Some were not seen, or nobody knows what they are.
    Unknown,
    /// One is called as weights are.
    Weights,
}

/// What lies in a zip archive or a tar; `None` if it is neither.
pub(super) fn inside(file: &Glimpse) -> Option<Inside> {
    zip(file).or_else(|| tar(file))
}

/// A zip archive is read from its end: there its files are listed, whatever stands before it.
fn zip(file: &Glimpse) -> Option<Inside> {
    if let Some(listed) = listed(file) {
        return Some(listed);
    }
    file.beginning.starts_with(b"PK\x03\x04").then(|| {
        // Without the list, what lies first.
        let name = at(&file.beginning, 26, 2).and_then(|length| file.beginning.get(30..30 + length));
        name.map_or(Inside::Unknown, |name| judge(name, u64::MAX).max(Inside::Unknown))
    })
}

fn listed(file: &Glimpse) -> Option<Inside> {
    let end = &file.end[..];
    let last = end.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let (count, length) = (at(end, last + 10, 2)?, at(end, last + 12, 4)?);
    if last + 22 + at(end, last + 20, 2)? != end.len() {
        return None;
    }
    // That of a large archive says so; and a list may be longer than what is known of the end.
    let Some(start) = last.checked_sub(length).filter(|_| count < 0xffff) else {
        return Some(Inside::Unknown);
    };
    let (mut next, mut inside) = (start, Inside::Harmless);
    for _ in 0..count {
        if end.get(next..next + 4) != Some(b"PK\x01\x02") {
            return Some(inside.max(Inside::Unknown));
        }
        let (size, name) = (at(end, next + 24, 4)?, at(end, next + 28, 2)?);
        let (extra, comment) = (at(end, next + 30, 2)?, at(end, next + 32, 2)?);
        inside = inside.max(judge(end.get(next + 46..next + 46 + name)?, size as u64));
        next += 46 + name + extra + comment;
    }
    Some(inside)
}

/// A tar is a header and a file, again and again.
fn tar(file: &Glimpse) -> Option<Inside> {
    let is_header = |header: &[u8]| header.get(257..262) == Some(b"ustar");
    if !is_header(&file.beginning) {
        return None;
    }
    let (mut next, mut inside) = (0_u64, Inside::Harmless);
    loop {
        let Some(header) = file.from(next).and_then(|rest| rest.get(..BLOCK)) else {
            return Some(inside.max(Inside::Unknown));
        };
        if header.iter().all(|byte| *byte == 0) {
            return Some(inside);
        }
        let digits = header.get(124..136).and_then(|field| std::str::from_utf8(field).ok());
        let size = digits.and_then(|digits| u64::from_str_radix(digits.trim_matches(['\0', ' ']), 8).ok());
        let (true, Some(size)) = (is_header(header), size) else { return Some(inside.max(Inside::Unknown)) };
        let name = header.split(|byte| *byte == 0).next().unwrap_or_default();
        // Folders, and headers that say more about the next file.
        if !matches!(header[156], b'5' | b'x' | b'g') {
            inside = inside.max(judge(&name[..name.len().min(100)], size));
        }
        next = next.saturating_add(BLOCK as u64).saturating_add(size.div_ceil(BLOCK as u64) * BLOCK as u64);
    }
}

/// What a file of an archive may be, by its name and size.
fn judge(path: &[u8], size: u64) -> Inside {
    let path = String::from_utf8_lossy(path);
    let name = path.rsplit('/').next().unwrap_or_default();
    // Office documents and packages have small tables of these kinds.
    let is_table =
        name.to_ascii_lowercase().rsplit_once('.').is_some_and(|(_, ending)| TABLES.contains(&ending));
    if name.is_empty() || (is_table && size < super::MIN_UNKNOWN) {
        return Inside::Harmless;
    }
    match names::called(name) {
        names::Called::Weights => Inside::Weights,
        names::Called::Text | names::Called::Media => Inside::Harmless,
        _ if size < super::MIN_UNKNOWN => Inside::Harmless,
        _ => Inside::Unknown,
    }
}

/// A number of so many bytes, the lowest first.
fn at(bytes: &[u8], from: usize, width: usize) -> Option<usize> {
    let number = bytes.get(from..from.checked_add(width)?)?;
    Some(number.iter().rev().fold(0, |number, byte| (number << 8) | usize::from(*byte)))
}

const BLOCK: usize = 512;
const TABLES: [&str; 4] = ["bin", "npy", "pb", "tar"];

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of files that hold nothing, as `zip` writes it, with sizes that are only said.
    fn zipped(files: &[(&str, u32)]) -> Vec<u8> {
        let list: Vec<u8> = files
            .iter()
            .flat_map(|(name, size)| {
                let mut entry = b"PK\x01\x02".to_vec();
                entry.resize(24, 0);
                entry.extend(size.to_le_bytes());
                entry.extend((name.len() as u16).to_le_bytes());
                entry.resize(46, 0);
                entry.extend(name.as_bytes());
                entry
            })
            .collect();
        let count = (files.len() as u16).to_le_bytes();
        let length = (list.len() as u32).to_le_bytes();
        [&b"PK\x03\x04"[..], &[0; 40], &list, b"PK\x05\x06", &[0; 4], &count, &count, &length, &[0; 6]]
            .concat()
    }

    #[test]
    fn an_archive_is_what_lies_in_it() {
        let what = |bytes: &[u8]| inside(&Glimpse::of(bytes));
        let spreadsheet = zipped(&[("docProps/app.xml", 9), ("xl/printerSettings1.bin", 900), ("x/", 0)]);
        assert_eq!(what(&spreadsheet), Some(Inside::Harmless));
        for (files, found) in [
            (&[("mimetype", 9), ("archive/data.pkl", 9)][..], Inside::Weights),
            (&[("x/weights.bin", 1 << 20)], Inside::Weights),
            (&[("x/table", 1 << 20)], Inside::Unknown),
            (&[("x/table", 10)], Inside::Harmless),
        ] {
            assert_eq!(what(&zipped(files)), Some(found), "{files:?}");
            assert_eq!(
                what(&[b"%PDF-1.4\n", &zipped(files)[..]].concat()),
                Some(found),
                "what stands before it"
            );
        }
        let cut = &spreadsheet[..spreadsheet.len() - 1];
        assert_eq!(what(cut), Some(Inside::Unknown), "its list is not there");
        assert_eq!(what(b"PDF"), None);
    }

    #[test]
    fn tars_are_read_from_header_to_header() {
        let file = |name: &str, size: usize| {
            let mut header = name.as_bytes().to_vec();
            header.resize(124, 0);
            header.extend(format!("{size:011o}\0").bytes());
            header.resize(257, 0);
            header.extend(b"ustar\0");
            header.resize(512 + size.div_ceil(512) * 512, 0);
            header
        };
        let what = |files: &[Vec<u8>]| inside(&Glimpse::of(&files.concat()));
        let end = vec![0; 1024];
        assert_eq!(what(&[file("a.txt", 600), file("b.py", 1), end.clone()]), Some(Inside::Harmless));
        assert_eq!(what(&[file("a.txt", 600), file("b.onnx", 1), end]), Some(Inside::Weights));
        assert_eq!(what(&[file("a.txt", 600)]), Some(Inside::Unknown), "its end is not there");
    }
}
