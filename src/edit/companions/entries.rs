//! Settings, records and programs: never shortened, but told if one of their entries is the label of a class that
//! goes.

use declass_formats::RelPath;

use super::{Looked, names::Names};

/// Settings and records, whose entries stand between signs.
pub(super) fn look(names: &Names<'_>, _: &RelPath, text: &str) -> Looked {
    let bare = |part: &str| part.trim_matches(|it: char| it.is_whitespace() || "'\"".contains(it)).to_owned();
    let mut entries = text.split(['\n', '\t', '=', ':', ';', ',', '|', '[', ']', '{', '}']).map(bare);
    told(entries.any(|entry| names.is_gone(&entry)))
}

/// Programs, whose words mean something else unless they stand in quotes.
pub(super) fn look_quoted(names: &Names<'_>, _: &RelPath, text: &str) -> Looked {
    told(text.split(['\'', '"']).any(|part| names.is_gone(part)))
}

fn told(is_named: bool) -> Looked {
    if is_named { Looked::UNREAD } else { Looked::default() }
}
