//! Links lead somewhere, and every page can be found.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use crate::book::{BOOK, Page, anchor, book, documents, heading, root};

#[test]
fn every_link_within_the_documentation_leads_somewhere() {
    let mut broken = Vec::new();
    for page in documents() {
        for link in links(&page) {
            if let Some(problem) = problem(&page, &link) {
                broken.push(format!("{}: `{link}` {problem}", page.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_summary_has_every_page_once() {
    let summary = Page::read(format!("{BOOK}/SUMMARY.md").into());
    let listed: Vec<PathBuf> = links(&summary).iter().map(|link| Path::new(BOOK).join(link)).collect();
    let once: BTreeSet<&PathBuf> = listed.iter().collect();
    assert_eq!(once.len(), listed.len(), "a page is listed twice");
    let missing: Vec<PathBuf> = book()
        .into_iter()
        .map(|page| page.path)
        .filter(|path| !path.ends_with("SUMMARY.md") && !once.contains(path))
        .collect();
    assert!(missing.is_empty(), "not in SUMMARY.md: {missing:#?}");
}

#[test]
fn every_word_of_the_glossary_is_linked_from_another_page() {
    let glossary = format!("{BOOK}/glossary.md");
    let used: BTreeSet<String> = documents()
        .iter()
        .flat_map(links)
        .filter_map(|link| link.rsplit_once('#').map(|(_, anchor)| anchor.to_owned()))
        .collect();
    let words = Page::read(glossary.into());
    let idle: Vec<&str> = words
        .prose()
        .filter(|line| line.starts_with("## "))
        .filter_map(heading)
        .filter(|word| !used.contains(&anchor(word)))
        .collect();
    assert!(idle.is_empty(), "nobody links to {idle:?}");
}

#[test]
fn every_program_that_a_page_shows_is_there() {
    for page in book() {
        let shown = page.text.split("{{#include ").skip(1).filter_map(|rest| rest.split_once("}}"));
        for (file, _) in shown {
            let path = tidy(&page.path.parent().unwrap().join(file));
            assert!(root().join(&path).is_file(), "{} shows {}", page.path.display(), path.display());
        }
    }
}

/// The targets of all links of a page, as they are written; code is left out.
fn links(page: &Page) -> Vec<String> {
    let mut links = Vec::new();
    for line in page.prose() {
        // What is in backticks shows Markdown and is none.
        let plain: String = line.split('`').step_by(2).collect();
        links.extend(plain.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    links
}

/// Why a link of a page leads nowhere.
fn problem(page: &Page, link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return None;
    }
    let (file, name) = link.split_once('#').map_or((link, None), |(file, name)| (file, Some(name)));
    let path = match file {
        "" => page.path.clone(),
        file => tidy(&page.path.parent().unwrap_or(Path::new("")).join(file)),
    };
    if !root().join(&path).exists() {
        return Some("is not there".into());
    }
    if page.path.starts_with(BOOK) && !path.starts_with(BOOK) {
        return Some("leaves the book, which is published without the repository".into());
    }
    let name = name?;
    let there = Page::read(path).anchors();
    (!there.iter().any(|known| known == name)).then(|| format!("names no heading, there are {there:?}"))
}

/// A path without `..`.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = tidy.pop(),
            part => tidy.push(part),
        }
    }
    tidy
}
