//! Names in a folder that are almost the one that is not there.

use std::path::{Path, PathBuf};

/// Most entries of a folder that are looked at.
const LOOKED_AT: usize = 10_000;
/// Most names that are suggested.
const SUGGESTED: usize = 3;

/// The paths beside a missing one whose names are spelt almost like its own, best first; none if it is there.
#[must_use]
pub fn near(missing: &Path) -> Vec<PathBuf> {
    let Some(name) = missing.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let parent = missing.parent().unwrap_or(Path::new(""));
    let folder = if parent == Path::new("") { Path::new(".") } else { parent };
    if missing.symlink_metadata().is_ok() {
        return Vec::new();
    }
    let likeness = |other: &str| strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
    let mut found: Vec<(f64, String)> = folder
        .read_dir()
        .into_iter()
        .flatten()
        .take(LOOKED_AT)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .map(|other| (likeness(&other), other))
        .filter(|(likeness, _)| *likeness > 0.9)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.into_iter().take(SUGGESTED).map(|(_, other)| parent.join(other)).collect()
}

/// Whether a missing path is, but for a slip or two, the name of something beside it. Names that differ in a number
/// are different names.
pub(super) fn is_slip(missing: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let Some(wanted) = name(missing) else { return false };
    near(missing)
        .iter()
        .filter_map(|other| name(other))
        .any(|other| strsim::damerau_levenshtein(&wanted, &other) <= 2 && digits(&wanted) == digits(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_another_number_is_no_slip() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vit-base-patch16-384"), "").unwrap();
        let is_slip = |name: &str| is_slip(&folder.path().join(name));
        assert!(is_slip("vit-bsae-patch16-384") && is_slip("Vit-Base-patch16-384"));
        assert!(!is_slip("vit-base-patch16-224") && !is_slip("vit-large-patch16-384"));
    }

    #[test]
    fn a_slip_of_the_pen_leads_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["fmnist-resnet", "fmnist-resnet.onnx", "notes"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let near = |name: &str| near(&folder.path().join(name));
        assert_eq!(near("fmnist-resnt")[0], folder.path().join("fmnist-resnet"));
        assert!(near("cifar").is_empty());
        assert!(near("notes").is_empty(), "it is there");
        assert!(near("no/such/folder").is_empty());
    }
}
