//! Signing a folder: `model.sig` over everything in it.

use std::{collections::BTreeMap, path::Path};

use declass_formats::Sha256Digest;

use super::{
    Bundle, Content, Contents, Manifest, ReleaseKey, SIGNATURE_FILE,
    compare::must_be_signed,
    disk::{remove_leftovers, write_whole},
};
use crate::{error::Error, progress::Progress};

/// Signs all files of a folder as they lie on disk and writes the signature beside them, in place of an
/// earlier one.
///
/// # Errors
/// [`Error::CannotSign`] for what a signature cannot stand for: links, git-lfs pointers, model files where
/// signatures do not look. [`Error::Io`] if the disk refuses.
pub fn sign_folder(folder: &Path, key: &ReleaseKey, progress: &dyn Progress) -> Result<Manifest, Error> {
    remove_leftovers(folder);
    let nothing = Manifest::new(BTreeMap::new());
    let contents = Contents::of_folder(folder, |path| nothing.ignores(path), progress)?;
    let mut files: BTreeMap<_, Sha256Digest> = BTreeMap::new();
    for (path, content) in contents.entries() {
        let reason = match content {
            Content::File(digest) => {
                files.insert(path.clone(), *digest);
                continue;
            }
            Content::Ignored if !must_be_signed(&contents, path) => continue,
            Content::Ignored => {
                "signatures leave this place out, so that a model or code there would go unsigned"
            }
            Content::NoFile => "it is a link or no file, and could change without its signature",
            Content::Pointer(_) => "it is a git-lfs pointer: run `git lfs pull` first",
        };
        return Err(Error::CannotSign { path: folder.join(path.as_str()), reason: reason.into() });
    }
    let manifest = Manifest::new(files);
    let bundle = Bundle::sign(manifest.to_statement(), key);
    let signature = folder.join(SIGNATURE_FILE);
    write_whole(&signature, &bundle.to_bytes()).map_err(Error::io(&signature))?;
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::{progress::Silent, sign::differences};

    fn found(folder: &Path) -> Vec<String> {
        let bundle = Bundle::read(&fs::read(folder.join(SIGNATURE_FILE)).unwrap()).unwrap();
        let manifest = Manifest::read(bundle.payload()).unwrap();
        let contents = Contents::of_folder(folder, |path| manifest.ignores(path), &Silent).unwrap();
        differences(&manifest, &contents).into_iter().map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn a_signed_folder_is_as_it_was_signed_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (root, key) = (folder.path(), ReleaseKey::generate().unwrap());
        fs::create_dir(root.join("onnx")).unwrap();
        fs::write(root.join("onnx/model.onnx"), "weights").unwrap();
        fs::write(root.join("onnx.txt"), "text").unwrap();
        fs::write(root.join(".gitattributes"), "ignored").unwrap();
        fs::write(root.join(".declass-0123456789ab"), "left by a killed run").unwrap();
        sign_folder(root, &key, &Silent).unwrap();
        assert_eq!(found(root), [""; 0]);
        let first = fs::read(root.join(SIGNATURE_FILE)).unwrap();
        sign_folder(root, &key, &Silent).unwrap();
        assert_eq!(fs::read(root.join(SIGNATURE_FILE)).unwrap(), first, "same files, same bytes");
        fs::write(root.join(".gitattributes"), "changed").unwrap();
        assert_eq!(found(root), [""; 0]);
        fs::write(root.join("onnx/model.onnx"), "Weights").unwrap();
        fs::write(root.join("new"), "").unwrap();
        assert_eq!(found(root), ["new", "onnx/model.onnx"]);
    }

    #[test]
    fn what_a_signature_cannot_stand_for_is_not_signed() {
        let make: [fn(&Path); 3] = [
            |root| symlink("/etc/passwd", root.join("x")).unwrap(),
            |root| {
                let oid = Sha256Digest::of(b"");
                let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 0\n");
                fs::write(root.join("x"), text).unwrap();
            },
            |root| {
                fs::create_dir(root.join(".cache")).unwrap();
                fs::write(root.join(".cache/model.safetensors"), "").unwrap();
            },
        ];
        for make in make {
            let folder = tempfile::tempdir().unwrap();
            make(folder.path());
            let refused = sign_folder(folder.path(), &ReleaseKey::generate().unwrap(), &Silent);
            assert!(matches!(refused, Err(Error::CannotSign { .. })), "{refused:?}");
            assert!(!folder.path().join(SIGNATURE_FILE).exists());
        }
    }

    #[test]
    fn a_folder_that_another_tool_signed_is_as_it_was_signed() {
        let signed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/signed");
        let bundle = Bundle::read(&fs::read(signed.join("model_signing-1.1.1.model.sig")).unwrap()).unwrap();
        let manifest = Manifest::read(bundle.payload()).unwrap();
        let contents = Contents::of_folder(&signed.join("model"), |path| manifest.ignores(path), &Silent);
        assert_eq!(differences(&manifest, &contents.unwrap()), []);
    }
}
