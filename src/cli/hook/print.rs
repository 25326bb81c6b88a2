//! What was found in a push, for people and for machines.

use std::{collections::HashSet, path::Path};

use anyhow::Result;
use declass::{
    evidence::Finding,
    formats::RelPath,
    hook::{Checked, Release},
};
use serde_json::{Value, json};

use super::args::RuleArgs;
use crate::cli::{
    Exit,
    args::VerdictFormat,
    findings::{self, github, sarif},
    output::{Printer, counted},
    schema::Schema,
};

/// As many findings of a ref are read by people; a push may come with any number.
const SHOWN: usize = 50;

pub(super) fn print(checked: &[Checked], args: &RuleArgs, printer: &Printer) -> Result<Exit> {
    // The same folder may be in several refs.
    let mut seen = HashSet::new();
    let is_new =
        |finding: &Finding| seen.insert((finding.code.id, finding.path.clone(), finding.message.clone()));
    let found: Vec<Finding> = checked.iter().flat_map(Checked::all_findings).filter(is_new).collect();
    let exit = findings::exit(&found);
    // Paths are those of the repository.
    let top = Path::new("");
    match args.output.format() {
        VerdictFormat::Github if found.is_empty() => {
            let absent = checked.iter().flat_map(absent);
            absent.for_each(|what| printer.line(&format!("::warning title=declass::{what}")));
            printer.line(&format!("::notice title=declass::{}", passed(checked)));
        }
        VerdictFormat::Github => github(&found, top).iter().for_each(|line| printer.line(line)),
        VerdictFormat::Human => tell(checked, &found, exit, printer),
        VerdictFormat::Json => printer.answer(
            Schema::HookCheck,
            &json!({
                "passed": exit == Exit::Yes,
                "verdict": findings::word(exit),
                "refs": checked.iter().map(reference).collect::<Vec<_>>(),
                "findings": found.iter().map(findings::json).collect::<Vec<_>>(),
            }),
        )?,
        VerdictFormat::Sarif => printer.json(&sarif(&found, top, exit as u8))?,
    }
    Ok(exit)
}

fn tell(checked: &[Checked], found: &[Finding], exit: Exit, printer: &Printer) {
    for one in checked {
        let empty = one.releases.is_empty() && one.findings.is_empty();
        printer.row("checked", format!("{}{}", one.name, if empty { ": no release in it" } else { "" }));
        absent(one).for_each(|what| printer.row("not there", what));
        one.releases.iter().for_each(|release| printer.row("release", in_words(release)));
        for finding in one.all_findings().take(SHOWN) {
            printer.row(finding.code.id, finding.to_string());
        }
        match one.all_findings().count() {
            0..=SHOWN => {}
            all => printer.row("", format!("and {} more", counted(all - SHOWN, "finding"))),
        }
        for release in &one.releases {
            let not_shown = release.examination.not_shown.iter();
            not_shown.for_each(|what| {
                printer.limit("limits", format!("{}: this does not show {what}", release.folder));
            });
        }
    }
    let verdict = match exit {
        Exit::Yes => passed(checked),
        exit => {
            let word = if exit == Exit::No { "REFUSED" } else { "COULD NOT TELL" };
            let findings = counted(found.len(), "finding");
            format!("{word}: {findings}; `declass explain CODE` says what to do")
        }
    };
    printer.verdict(exit, verdict);
    if found.iter().any(|finding| finding.code.remedy.contains("--path")) {
        printer.row("", "where models lie that are no releases: --path names the folders to look into");
    }
    if exit == Exit::Yes && checked.iter().any(|one| !one.releases.is_empty()) {
        printer.limit(
            "limits",
            "this does not show what the classifiers do: `declass verify --original` measures that",
        );
    }
}

fn passed(checked: &[Checked]) -> String {
    match checked.iter().map(|one| one.releases.len()).sum() {
        0 => "passed: there is nothing to check".to_owned(),
        releases => format!("passed: {} in {}", counted(releases, "release"), counted(checked.len(), "ref")),
    }
}

/// Folders that were to be looked into: a branch may hold none, but whoever misspells one should see it.
fn absent(checked: &Checked) -> impl Iterator<Item = String> {
    checked.absent.iter().map(|folder| format!("no folder `{folder}` in {}", checked.name))
}

fn in_words(release: &Release) -> String {
    let mut signers: Vec<&str> =
        release.examination.signers.iter().map(|signer| signer.identity.as_str()).collect();
    signers.dedup();
    match signers.as_slice() {
        [] => format!("{}, not signed by a trusted key", release.folder),
        signers => format!("{}, signed by {}", release.folder, signers.join(", ")),
    }
}

fn reference(checked: &Checked) -> Value {
    json!({
        "name": checked.name,
        "object": checked.object,
        "absent": checked.absent.iter().map(RelPath::as_str).collect::<Vec<_>>(),
        "releases": checked.releases.iter().map(release).collect::<Vec<_>>(),
        "findings": checked.findings.iter().map(findings::json).collect::<Vec<_>>(),
    })
}

fn release(release: &Release) -> Value {
    let examination = &release.examination;
    json!({
        "path": release.folder,
        "tree": release.tree.as_str(),
        "signatures": examination.signers.iter().map(findings::signature).collect::<Vec<_>>(),
        "findings": release.findings().map(|finding| findings::json(&finding)).collect::<Vec<_>>(),
        "notShown": (!examination.not_shown.is_empty()).then(|| examination.not_shown.join("; ")),
    })
}
