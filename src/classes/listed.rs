//! Labels as people list them, a line each, and the names that libraries give to classes without any.

use super::Labels;

impl Labels {
    /// A label a line, in the order of the logits; lines without anything at the end do not count. Where every
    /// line begins with its index, that is no part of the label.
    #[must_use]
    pub fn of_lines(text: &str, source: String) -> Self {
        let as_they_are = || text.trim_end().lines().map(|line| line.trim().to_owned()).collect();
        Self { names: lines(text).unwrap_or_else(as_they_are), source }
    }
}

/// A label a line; `None` if there are lines without any between them.
pub(crate) fn lines(text: &str) -> Option<Vec<String>> {
    let names: Vec<&str> = text.trim_end().lines().map(str::trim).collect();
    if names.iter().any(|name| name.is_empty()) {
        return None;
    }
    let unnumbered = |base: usize| -> Option<Vec<&str>> {
        let lines = names.iter().enumerate();
        lines.map(|(class, line)| numbered(line, class + base).map(|at| &line[at..])).collect()
    };
    Some(unnumbered(0).or_else(|| unnumbered(1)).unwrap_or(names).into_iter().map(str::to_owned).collect())
}

/// Where the name begins in a line that begins with this index.
pub(crate) fn numbered(line: &str, class: usize) -> Option<usize> {
    let rest = line.strip_prefix(&class.to_string())?;
    let name = rest.trim_start_matches([' ', '\t', ':', ',', ';', '|', '=', '.', ')']).trim_start();
    (name.len() < rest.len() && !name.is_empty()).then(|| line.len() - name.len())
}

/// Whether these are the names that libraries number classes with where nobody has named any: `LABEL_0` and so on.
pub(crate) fn is_generic(names: &[String]) -> bool {
    names.iter().all(|name| is_generic_name(name))
}

/// Whether a label is such a name.
pub(crate) fn is_generic_name(name: &str) -> bool {
    let number = name.strip_prefix("LABEL_");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_be_numbered_and_end_empty() {
        assert_eq!(lines("cat\ndog\n\n").unwrap(), ["cat", "dog"]);
        assert_eq!(lines("0 cat\n1\tdog\n").unwrap(), ["cat", "dog"]);
        assert_eq!(lines("1|cat\n2|dog\n").unwrap(), ["cat", "dog"]);
        assert_eq!(lines("0\n1\n2").unwrap(), ["0", "1", "2"]);
        assert_eq!(lines("cat\n\ndog\n"), None);
        assert_eq!(Labels::of_lines("cat\n\ndog\n\n", "x".into()).names, ["cat", "", "dog"]);
        assert!(Labels::of_lines("", "x".into()).names.is_empty());
    }
}
