//! What changed in the files, tensor by tensor and file by file.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::{
    super::card::Subject,
    super::page::prose::{sentence, shown},
    super::page::{self, folded, section, wide},
};
use crate::export::card;

/// Tensors and files that are shown without folding them.
const UNFOLDED: usize = 12;

pub(super) fn html(subject: &Subject<'_>) -> Markup {
    let removal = &subject.predicate.removal;
    let tensors = &removal.tensors;
    let files = files(subject);
    let heading =
        |what: &str, count: usize| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    section(
        "What changed in the files",
        Some(html! {
            p { (sentence(&card::changed(subject))) }
            (folded(&heading("changed tensor", tensors.len()), tensors.len() <= UNFOLDED, &page::tensors::changed(tensors)))
            (folded(&heading("file", files.len()), files.len() <= UNFOLDED, &digests(&files)))
            @for part in &removal.untouched { p { "Left as it is, although it has the classes: " (shown(&part.to_string())) "." } }
        }),
    )
}

/// A file by its digests in the original and here.
struct File<'a> {
    name: &'a str,
    before: Option<&'a str>,
    after: &'a str,
}

fn files<'a>(subject: &Subject<'a>) -> Vec<File<'a>> {
    let inputs = &subject.predicate.build_definition.resolved_dependencies;
    let before: BTreeMap<&str, &str> = inputs
        .iter()
        .filter(|input| input.annotations.get("role").and_then(Value::as_str) == Some("input"))
        .filter_map(|input| Some((&*input.name, &*input.digest.as_ref()?.sha256)))
        .collect();
    // The first subject is the digest of all files together.
    let subjects = subject.statement.subject.iter().skip(1);
    subjects
        .filter_map(|file| {
            let after = &*file.digest.as_ref()?.sha256;
            Some(File { name: &file.name, before: before.get(&*file.name).copied(), after })
        })
        .collect()
}

fn digests(files: &[File<'_>]) -> Markup {
    wide(&html! {
        table {
            thead { tr { th { "file" } th { "" } th { "SHA-256 of this model's" } } }
            tbody {
                @for file in files {
                    tr {
                        td { code { (shown(file.name)) } }
                        td {
                            @match file.before {
                                Some(before) if before == file.after => "as in the original",
                                Some(_) => "changed",
                                None => "new",
                            }
                        }
                        td { code { (file.after) } }
                    }
                }
            }
        }
    })
}
