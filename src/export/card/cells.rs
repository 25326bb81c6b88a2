//! Labels in text that others render: none of them can be more than the name of a class.

use crate::classes::printable;

/// Characters of a label that a heading has room for.
const IN_A_HEADING: usize = 60;

/// A class in code: its label and index, or its index alone.
pub(super) fn code(index: usize, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("`{}` ({index})", of_table(&printable(&one_line(label)))),
        None => format!("class {index}"),
    }
}

/// The same behind the word that says that it is a class.
pub(super) fn bare(index: usize, label: Option<&str>) -> String {
    if label.is_some() { code(index, label) } else { index.to_string() }
}

/// A class as words of a heading.
pub(super) fn heading(index: usize, label: Option<&str>) -> String {
    let Some(label) = label else { return format!("class {index}") };
    let letters: Vec<char> = one_line(label).chars().collect();
    let mut text = String::new();
    for letter in letters.iter().take(IN_A_HEADING) {
        match letter {
            '<' => text.push_str("&lt;"),
            '&' => text.push_str("&amp;"),
            c if c.is_ascii_punctuation() && !",.-'()".contains(*c) => text.extend(['\\', *c]),
            c => text.push(*c),
        }
    }
    if letters.len() > IN_A_HEADING { text + "..." } else { text }
}

/// Text that is a part of one cell of a table.
pub(super) fn of_table(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Text that stays in its line, and is read in the order in which it is written.
pub(super) fn one_line(text: &str) -> String {
    let moves = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if moves(c) { ' ' } else { c }).collect()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `71.3 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_a_label() {
        assert_eq!(code(5, Some("a`|\nb")), "`a'\\| b` (5)");
        assert_eq!((code(5, None), bare(5, None)), ("class 5".to_owned(), "5".to_owned()));
        assert_eq!(bare(5, Some("first class ticket")), "`first class ticket` (5)");
        assert_eq!(
            heading(1, Some("<img src=x> *b* & [c](d)")),
            "&lt;img src\\=x\\> \\*b\\* &amp; \\[c\\](d)"
        );
        assert_eq!(heading(1, Some("tench, Tinca tinca")), "tench, Tinca tinca");
        assert_eq!(heading(1, Some(&"a".repeat(100))), format!("{}...", "a".repeat(60)));
        assert_eq!(listed(&["a", "b", "c"].map(String::from)), "a, b and c");
    }
}
