//! Text files with a class a line, perhaps with its index or with columns.

use std::ops::Range;

use declass_formats::RelPath;

use super::{
    Looked, entries,
    names::Names,
    rows::{Judged, judge},
    table::Table,
    which::{Speaks, is_of_pairs, stem},
};

/// What stands between a name and its index in one line.
const GAPS: [char; 9] = [' ', '\t', ':', ',', ';', '=', '|', '.', ')'];

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    if let Some(new) = pairs(names, text) {
        return Looked::shortened(new);
    }
    let filled: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.trim().is_empty()).collect();
    if filled.len() == names.classes && names.older {
        return Looked::shortened(by_place(names, text, &filled));
    }
    let split = |how: fn(&str) -> Option<Vec<Range<usize>>>| Table::of(filled.clone(), names.classes, how);
    // Which words belong together is a guess, so that they contradict nothing.
    let tables = [
        (split(whole), true),
        (split(index_first), false),
        (split(index_last), false),
        (Table::read(text, names.classes), true),
    ];
    let tables = tables.into_iter().filter_map(|(table, is_sure)| Some((table?, is_sure)));
    let tables = tables.filter(|(table, _)| table.rows().len() == names.classes);
    let judged: Vec<_> =
        tables.map(|(table, is_sure)| (judge(names, &table.as_rows(names, path)), table, is_sure)).collect();
    if let Some((classes, table)) = judged.iter().find_map(|(judged, table, _)| match judged {
        Judged::Classes(classes) => Some((classes, table)),
        _ => None,
    }) {
        return Looked::shortened(in_place(text, &filled, &table.without(names, Some(classes), None)));
    }
    let contradiction = judged.iter().find_map(|(judged, table, is_sure)| match judged {
        Judged::Contradiction(difference) if *is_sure || table.counts(names.classes) => {
            Some(difference.clone())
        }
        _ => None,
    });
    if let Some(difference) = contradiction {
        return Looked::contradiction(difference);
    }
    let is_guess = |judged: &Judged| matches!(judged, Judged::Contradiction(_) | Judged::Unclear);
    let unclear = judged.iter().any(|(judged, ..)| is_guess(judged));
    let speaks = names.has_labels() || Speaks::of_file(path, false) != Speaks::Not;
    let counted = filled.len() == names.classes && (!names.has_labels() || is_of_pairs(stem(path)));
    if (unclear && speaks) || counted {
        return Looked::stale(filled.len());
    }
    if entries::mentions(names, text) { Looked::stale(filled.len()) } else { Looked::default() }
}

/// Empty lines stay where they were at the beginning and the end; others are few.
fn in_place(text: &str, filled: &[&str], new: &str) -> String {
    let (Some(first), Some(last)) = (filled.first(), filled.last()) else { return text.to_owned() };
    let start = text.find(first).unwrap_or_default();
    let end = text.rfind(last).map_or(text.len(), |at| at + last.len());
    [&text[..start], new, &text[end..]].concat()
}

fn content(line: &str) -> Range<usize> {
    let start = line.len() - line.trim_start().len();
    start..line.trim_end().len().max(start)
}

fn whole(line: &str) -> Option<Vec<Range<usize>>> {
    Some(vec![content(line)])
}

/// The cells of a line in which one or more of the signs stand between an index and a name.
fn index_first(line: &str) -> Option<Vec<Range<usize>>> {
    let Range { start, end } = content(line);
    let body = &line[start..end];
    let gap = body.find(GAPS)?;
    let rest = body[gap..].trim_start_matches(GAPS);
    (!rest.is_empty()).then(|| vec![start..start + gap, end - rest.len()..end])
}

fn index_last(line: &str) -> Option<Vec<Range<usize>>> {
    let Range { start, end } = content(line);
    let body = &line[start..end];
    let gap = body.rfind(GAPS)?;
    let before = body[..gap].trim_end_matches(GAPS);
    let last = start + gap + 1;
    (!before.is_empty() && last < end).then(|| vec![start..start + before.len(), last..end])
}

/// As older versions did it: by the place of the line, and renumbered where each begins with its index.
fn by_place(names: &Names<'_>, text: &str, filled: &[&str]) -> String {
    use crate::classes::numbered;
    let is_numbered = filled.iter().enumerate().all(|(class, line)| numbered(line.trim(), class).is_some());
    let mut class = 0;
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            kept.push_str(line);
            continue;
        }
        let own = class;
        class += 1;
        if !names.keeps(own) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        match line[indent..].strip_prefix(&own.to_string()).filter(|_| is_numbered) {
            Some(rest) => kept.extend([&line[..indent], &names.after(own).to_string(), rest]),
            None => kept.push_str(line),
        }
    }
    kept
}

/// Lines such as `'ham' => 0`, in which some libraries keep a map from labels to indices; what else the file has
/// stays.
fn pairs(names: &Names<'_>, text: &str) -> Option<String> {
    let pair = |line: &str| -> Option<(String, usize)> {
        let (name, index) = line.trim().split_once(" => ")?;
        let name = name.trim().strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
        Some((name.to_owned(), index.trim().parse().ok()?))
    };
    // Behind the line that ends the map there are settings.
    let end = text.find("\n==").map_or(text.len(), |at| at + 1);
    let (map, rest) = text.split_at(end);
    let found: Vec<(String, usize)> = map.lines().map(pair).collect::<Option<_>>()?;
    let fits = |(name, class): &(String, usize)| {
        *class < names.classes && (!names.has_labels() || names.is(*class, name))
    };
    if found.len() != names.classes || !found.iter().all(fits) {
        return None;
    }
    let lines = map.split_inclusive('\n').zip(&found).filter(|(_, (_, class))| names.keeps(*class));
    let mut kept: String = lines
        .map(|(line, (_, class))| {
            let (name, index) = line.rsplit_once(" => ").unwrap_or((line, ""));
            [name, " => ", &index.replacen(&class.to_string(), &names.after(*class).to_string(), 1)].concat()
        })
        .collect();
    kept.push_str(rest);
    Some(kept)
}
