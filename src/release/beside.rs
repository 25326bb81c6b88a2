//! What lies in a release's folder and no check looks into: named and measured, so that nothing is passed over in silence.

use declass_formats::{Artifact, Role};

use crate::verify::{Check, Evidence, Outcome};

/// The files of a release that no digest and no comparison covers: the model card, the claim and signatures (by their exact
/// names), and git's own. Any other file is part of the model or a finding.
#[must_use]
pub fn not_covered(release: &Artifact) -> Check {
    let cards = release.files().iter().filter(|file| file.role == Role::Card).map(|file| &file.path);
    let records = release.left_out().iter().filter(|path| path.is_release_record());
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
    Check {
        id: "files-not-covered",
        outcome: Outcome::Informative,
        summary,
        measurements: Vec::new(),
        evidence: Evidence::ModelFiles,
        data: "names and sizes of the files in the folder",
        not_shown: "what these files hold; of the claim, its values are compared one by one",
    }
}
