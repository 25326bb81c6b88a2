//! Names of files as other systems take them.

/// A name without what some systems leave out of it: Windows dots and spaces at its end, the name of its main
/// stream, and all behind a backslash, which leads into a folder of the name before it; macOS characters that
/// cannot be seen.
#[must_use]
pub fn plain_name(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let seen: String = text.chars().filter(|letter| !UNSEEN.contains(letter)).collect();
    let folder = seen.split('\\').next().unwrap_or_default();
    // `x:$I30:$INDEX_ALLOCATION`, `x::$INDEX_ALLOCATION` and `x::$DATA` are `x`.
    let file = folder.find(":$").or_else(|| folder.find("::$")).map_or(folder, |at| &folder[..at]);
    file.trim_end_matches(['.', ' ', ':']).to_owned()
}

/// Characters that HFS+ ignores in names.
const UNSEEN: [char; 16] = [
    '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}',
    '\u{202e}', '\u{206a}', '\u{206b}', '\u{206c}', '\u{206d}', '\u{206e}', '\u{206f}', '\u{feff}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_other_systems_see() {
        for (name, seen) in [
            ("rel", "rel"),
            ("rel. .", "rel"),
            ("rel\\config.json", "rel"),
            ("rel::$INDEX_ALLOCATION", "rel"),
            ("rel:$I30:$INDEX_ALLOCATION", "rel"),
            ("config.json::$DATA", "config.json"),
            ("re\u{200c}l", "rel"),
            ("a:b", "a:b"),
            ("model.safetensors", "model.safetensors"),
        ] {
            assert_eq!(plain_name(name.as_bytes()), seen);
        }
    }
}
