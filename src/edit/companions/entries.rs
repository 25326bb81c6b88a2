//! Settings, records and programs: never shortened, but told if one of their entries is the label of a class that
//! goes.

use declass_formats::RelPath;

use super::{Looked, names::Names};

/// Signs that end an entry.
const ENDS: [char; 12] = ['\n', '\t', '=', ':', ';', ',', '|', '[', ']', '{', '}', '>'];
/// What an entry may stand in.
const AROUND: [char; 5] = ['\'', '"', '-', '(', ')'];

/// Settings and records, whose entries stand between signs.
pub(super) fn look(names: &Names<'_>, _: &RelPath, text: &str) -> Looked {
    told(mentions(names, text))
}

/// Whether a line, or an entry between signs in it, is the label of a class that goes.
pub(super) fn mentions(names: &Names<'_>, text: &str) -> bool {
    let bare =
        |part: &str| part.trim_matches(|it: char| it.is_whitespace() || AROUND.contains(&it)).to_owned();
    text.lines().any(|line| names.is_gone(line.trim()))
        || text.split(ENDS).any(|entry| names.is_gone(&bare(entry)))
        // A label may have such signs itself.
        || text.split('"').any(|part| names.is_gone(part))
}

/// Programs, whose words mean something else unless they stand in quotes.
pub(super) fn look_quoted(names: &Names<'_>, _: &RelPath, text: &str) -> Looked {
    told(text.split(['\'', '"']).any(|part| names.is_gone(part)))
}

fn told(is_named: bool) -> Looked {
    if is_named { Looked::UNREAD } else { Looked::default() }
}
