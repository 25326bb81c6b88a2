//! What lies in a release's folder and no check looks into: named and measured, so that nothing is passed
//! over in silence.

use declass_formats::{Artifact, Role};

use crate::{
    claim::names::is_record,
    evidence::{Check, Definition, Origin, Outcome},
    fetch::PackageUrl,
};

static NOT_COVERED: Definition = Definition {
    id: "files-not-covered",
    version: 1,
    number: None,
    formula: "files of the folder that are compared with nothing, by name and size",
    origin: Origin::ModelFiles,
    data: "names and sizes of the files in the folder",
    shows: "what else lies beside the model",
    not_shown: "what these files hold; of the claim, its values are compared one by one",
};
static REPOSITORY: Definition = Definition {
    id: "repository-files",
    version: 1,
    number: None,
    formula: "files of the repository = files of the release, git's own apart",
    origin: Origin::ModelFiles,
    data: "the repository's list of files",
    shows: "that the repository holds nothing that no check has seen",
    not_shown: "other revisions of the repository",
};

/// The files of a release that no digest and no comparison covers: the model card, the claim and signatures
/// (by their exact names), and git's own. Any other file is part of the model or a finding.
#[must_use]
pub fn not_covered(release: &Artifact) -> Check {
    let cards = release.files().iter().filter(|file| file.role == Role::Card).map(|file| &file.path);
    let records = release.left_out().iter().filter(|path| is_record(path));
    let named = cards.chain(records).map(|path| {
        let size = release.folder().join(path.as_str()).symlink_metadata().map(|metadata| metadata.len());
        size.map_or_else(|_| path.to_string(), |size| format!("{path} ({size} bytes)"))
    });
    let skipped = release.skipped().iter().map(ToString::to_string);
    // Of a file, only what belongs to it was opened; nobody has listed the folder that it lies in.
    let unlisted = (!release.path().is_dir()).then(|| "whatever else its folder holds".to_owned());
    let all: Vec<String> = named.chain(skipped).chain(unlisted).collect();
    let summary = match all.as_slice() {
        [] => "none: every file of the folder was compared".to_owned(),
        all => format!("not compared with the original: {}", all.join(", ")),
    };
    Check { definition: &NOT_COVERED, outcome: Outcome::Informative, summary, figures: Vec::new() }
}

/// Of a release that was fetched: whether its repository holds what no check has seen, since it was not
/// fetched.
#[must_use]
pub fn repository(package: &PackageUrl, left: &[String]) -> Check {
    let summary = match left {
        [] => format!("all files of {package} were fetched, git's own apart"),
        [first, ..] => format!("{} files of {package} are not of the release, such as `{first}`", left.len()),
    };
    Check { definition: &REPOSITORY, outcome: Outcome::of(left.is_empty()), summary, figures: Vec::new() }
}
