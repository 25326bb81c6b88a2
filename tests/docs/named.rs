//! What the documentation names is there, and what ought to be documented is.

use std::{collections::BTreeSet, fs, process::Command};

use crate::book::{BOOK, Page, book, documents, files, root};

#[test]
fn every_command_has_a_page() {
    let help = Command::new(env!("CARGO_BIN_EXE_declass")).arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let names =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = names
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(names.contains(&"unlearn") && names.contains(&"verify"), "{names:?}");
    let missing: Vec<&&str> = names
        .iter()
        .filter(|name| **name != "help" && !root().join(format!("{BOOK}/commands/{name}.md")).exists())
        .collect();
    assert!(missing.is_empty(), "without a page: {missing:?}");
}

#[test]
fn every_name_of_a_format_has_a_page() {
    let pages: Vec<Page> = book();
    let mut missing = BTreeSet::new();
    for file in files("src", "rs") {
        let code = fs::read_to_string(root().join(&file)).unwrap();
        for path in quoted(&code, "https://w3id.org/declass/") {
            let path = path.split('#').next().unwrap_or_default();
            let page = format!("{BOOK}/spec/{path}");
            if !root().join(format!("{page}.md")).exists() && !root().join(&page).is_file() {
                missing.insert(format!("https://w3id.org/declass/{path} of {}: {page}.md", file.display()));
            }
        }
        for name in quoted(&code, "urn:declass:") {
            let name = format!("urn:declass:{name}");
            if !pages.iter().any(|page| page.text.contains(&format!("`{name}`"))) {
                missing.insert(format!("{name} of {}: no page names it", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_schema_is_in_the_list_of_schemas() {
    let list = Page::read(format!("{BOOK}/reference/json.md").into()).text;
    let schemas = files(&format!("{BOOK}/spec/schemas"), "json");
    let missing: Vec<_> =
        schemas.iter().filter(|path| !list.contains(path.file_name().unwrap().to_str().unwrap())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_path_that_documents_name_exists() {
    let of_code =
        |page: &&Page| !page.path.ends_with("CHANGELOG.md") && !page.path.starts_with(format!("{BOOK}/spec"));
    let mut named = 0;
    let mut missing = Vec::new();
    for page in documents().iter().filter(of_code) {
        for path in code_words(page).into_iter().filter(|word| is_path(word)) {
            named += 1;
            if !root().join(&path).exists() {
                missing.push(format!("{}: {path}", page.path.display()));
            }
        }
    }
    assert!(named >= 30, "{named}");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_architecture_names_every_room() {
    let named = code_words(&Page::read("src/ARCHITECTURE.md".into()));
    let rooms = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap().path());
    let rooms = rooms.filter(|path| path.is_dir() || path.extension().is_some_and(|end| end == "rs"));
    let rooms: BTreeSet<String> = rooms
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|room| !["lib", "main"].contains(&room.as_str()))
        .collect();
    let missing: Vec<&String> = rooms.iter().filter(|room| !named.contains(*room)).collect();
    assert!(missing.is_empty(), "src/ARCHITECTURE.md does not name {missing:?}");
}

/// All words in backticks of a page, outside of code blocks.
fn code_words(page: &Page) -> BTreeSet<String> {
    page.prose().flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// Whether a word in backticks is meant as a path of this repository.
fn is_path(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let inside = ["benches/", "docs/", "fixtures/", "formats/", "src/", "tests/"];
    word.chars().all(plain) && inside.iter().any(|folder| word.starts_with(folder))
}

/// What follows a prefix in string literals, up to the end of the name.
fn quoted<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let starts =
        code.match_indices(&format!("\"{prefix}")).map(|(at, found)| at + found.len()).collect::<Vec<_>>();
    let end = |rest: &str| rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_./:#".contains(c)));
    starts.into_iter().map(|at| &code[at..]).map(|rest| &rest[..end(rest).unwrap_or(rest.len())]).collect()
}
