//! The files of the documentation, and what is in a page.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the pages of the book are.
pub(crate) const BOOK: &str = "docs/src";

/// A page of the documentation.
pub(crate) struct Page {
    /// Its path relative to the repository.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages of the book.
pub(crate) fn book() -> Vec<Page> {
    files(BOOK, "md").into_iter().map(Page::read).collect()
}

/// The book, and the documents beside it.
pub(crate) fn documents() -> Vec<Page> {
    let beside = ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "src/ARCHITECTURE.md"];
    book().into_iter().chain(beside.map(|path| Page::read(path.into()))).collect()
}

impl Page {
    /// Reads the page at a path relative to the repository.
    pub(crate) fn read(path: PathBuf) -> Self {
        let text =
            fs::read_to_string(root().join(&path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self { path, text }
    }

    /// Its lines outside of code blocks.
    pub(crate) fn prose(&self) -> impl Iterator<Item = &str> {
        let mut inside = false;
        self.text.lines().filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
    }

    /// The name of each heading as links know it: lower case, `-` for spaces, nothing but letters, digits,
    /// `_` and `-`.
    pub(crate) fn anchors(&self) -> Vec<String> {
        self.prose().filter_map(heading).map(anchor).collect()
    }
}

/// What a heading says.
pub(crate) fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len()).then(|| text.strip_prefix(' ')).flatten()
}

/// The name of a heading in links.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " _-".contains(*c);
    heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// All files with this extension below a folder, relative to the repository.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
