//! The statement of OpenSSF Model Signing v1.0: the digest of every file of a folder, and one over all of
//! them.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};
use serde::Deserialize;
use serde_json::json;

use super::{
    Refusal,
    statement::{Digests, InToto, STATEMENT_TYPE},
};
use crate::unambiguous;

/// File name of the signature over all other files.
pub const SIGNATURE_FILE: &str = "model.sig";

const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";
/// What is not signed: git's own files, which signing tools leave out too, what hubs and hooks leave behind,
/// and the signature itself.
const IGNORED: [&str; 7] =
    [".cache", ".git", ".gitattributes", ".github", ".gitignore", ".pre-commit-config.yaml", SIGNATURE_FILE];

/// Every file is held against every path that is ignored. Signing tools write a dozen.
const MOST_IGNORED: usize = 1000;

/// Files and their digests, and which paths do not count.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Manifest {
    files: BTreeMap<RelPath, Sha256Digest>,
    ignored: Vec<String>,
}

impl Manifest {
    /// A manifest of exactly these files, with the paths ignored that this tool ignores.
    #[must_use]
    pub fn new(files: BTreeMap<RelPath, Sha256Digest>) -> Self {
        Self { files, ignored: IGNORED.map(String::from).to_vec() }
    }

    /// Reads the statement of any signing tool, its files in any order.
    ///
    /// # Errors
    /// [`Refusal`] if it is not in order or its digests are of another kind than those of whole files.
    pub fn read(payload: &[u8]) -> Result<Self, Refusal> {
        let json = unambiguous::parse(payload).map_err(Refusal::Malformed)?;
        let statement = InToto::<Subject, Predicate>::deserialize(&json)
            .map_err(|error| Refusal::Malformed(error.to_string()))?;
        statement.require_type(PREDICATE_TYPE).map_err(|(found, expected)| {
            Refusal::Malformed(format!("it is a `{found}`, expected `{expected}`"))
        })?;
        let InToto { subject, predicate: Predicate { serialization, resources }, .. } = statement;
        serialization.check()?;
        let Ok([subject]) = <[Subject; 1]>::try_from(subject) else {
            return Err(Refusal::Malformed("it has not exactly one subject".into()));
        };
        let mut digests = Vec::new();
        let mut files = BTreeMap::new();
        for resource in resources {
            let (path, digest) = resource.read()?;
            digests.push(digest);
            if files.insert(path.clone(), digest).is_some() {
                return Err(Refusal::Malformed(format!("it names `{path}` twice")));
            }
        }
        if root_of(digests) != digest_of(&subject.digest.sha256)? {
            return Err(Refusal::Malformed("its subject is not the digest of its files".into()));
        }
        Ok(Self { files, ignored: serialization.ignore_paths })
    }

    /// The statement as bytes to sign.
    #[must_use]
    pub fn to_statement(&self) -> Vec<u8> {
        let resource = |(path, digest): (&RelPath, &Sha256Digest)| json!({"name": path.as_str(), "algorithm": "sha256", "digest": digest.to_string()});
        let statement = json!({
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "release", "digest": {"sha256": self.root().to_string()}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "serialization": {
                    "method": "files",
                    "hash_type": "sha256",
                    "allow_symlinks": false,
                    "ignore_paths": self.ignored,
                },
                "resources": self.files.iter().map(resource).collect::<Vec<_>>(),
            },
        });
        statement.to_string().into_bytes()
    }

    /// The files by their paths, ordered by path components.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<RelPath, Sha256Digest> {
        &self.files
    }

    /// The digest over all files, in their order.
    #[must_use]
    pub fn root(&self) -> Sha256Digest {
        root_of(self.files.values().copied())
    }

    /// Whether a path does not count: it or a folder that it lies in is ignored.
    #[must_use]
    pub fn ignores(&self, path: &RelPath) -> bool {
        let lies_in = |folder: &String| {
            let rest = path.as_str().strip_prefix(folder.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.ignored.iter().filter(|folder| !folder.is_empty()).any(lies_in)
    }
}

/// SHA-256 over concatenated digests.
pub(crate) fn root_of(digests: impl IntoIterator<Item = Sha256Digest>) -> Sha256Digest {
    let bytes: Vec<u8> = digests.into_iter().flat_map(|digest| digest.0).collect();
    Sha256Digest::of(&bytes)
}

#[derive(Deserialize)]
struct Subject {
    digest: Digests,
}

#[derive(Deserialize)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Serialization {
    method: String,
    hash_type: String,
    #[serde(default)]
    allow_symlinks: bool,
    #[serde(default)]
    ignore_paths: Vec<String>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    algorithm: String,
    digest: String,
}

impl Serialization {
    fn check(&self) -> Result<(), Refusal> {
        let unsupported =
            |what: String| Err(Refusal::Unsupported(format!("unsupported serialization: {what}")));
        if self.ignore_paths.len() > MOST_IGNORED {
            return unsupported(format!("it ignores more than {MOST_IGNORED} paths"));
        }
        match (self.method.as_str(), self.hash_type.as_str(), self.allow_symlinks) {
            ("files", "sha256", false) => Ok(()),
            ("files", "sha256", true) => unsupported("it follows symbolic links".into()),
            (method, hash, _) => {
                unsupported(format!("method `{method}` with `{hash}`, expected `files` with `sha256`"))
            }
        }
    }
}

impl Resource {
    fn read(self) -> Result<(RelPath, Sha256Digest), Refusal> {
        if self.algorithm != "sha256" {
            let reason =
                format!("unsupported serialization: `{}` has a `{}` digest", self.name, self.algorithm);
            return Err(Refusal::Unsupported(reason));
        }
        if self.name == "." {
            return Err(Refusal::Unsupported("unsupported serialization: it is about a single file".into()));
        }
        let path = RelPath::try_from(self.name.as_str());
        Ok((path.map_err(|problem| Refusal::Malformed(problem.to_string()))?, digest_of(&self.digest)?))
    }
}

fn digest_of(hexadecimal: &str) -> Result<Sha256Digest, Refusal> {
    let digest = Sha256Digest::from_hexadecimal(hexadecimal);
    digest.ok_or_else(|| Refusal::Malformed(format!("`{hexadecimal}` is not a SHA-256 digest")))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sign::Bundle;

    fn sample() -> Value {
        let bundle = include_bytes!("../../fixtures/signed/model_signing-1.1.1.model.sig");
        serde_json::from_slice(Bundle::read(bundle).unwrap().payload()).unwrap()
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<Manifest, Refusal> {
        let mut statement = sample();
        change(&mut statement);
        Manifest::read(statement.to_string().as_bytes())
    }

    #[test]
    fn manifests_of_others_are_read_in_any_order() {
        let manifest = read(|_| {}).unwrap();
        let names: Vec<&str> = manifest.files().keys().map(RelPath::as_str).collect();
        assert_eq!(names, ["README.md", "config.json", "model.safetensors", "onnx/model.onnx", "onnx.txt"]);
        assert_eq!(
            manifest.root().to_string(),
            "065298f7cc6e736fb66ff0afcfa0323bb3f13c8adca44e4839f8dcc756e17daf"
        );
        let reversed = read(|statement| {
            let resources = statement["predicate"]["resources"].as_array_mut().unwrap();
            resources.reverse();
            let digest = |file: &Value| digest_of(file["digest"].as_str().unwrap()).unwrap();
            let root = root_of(resources.iter().map(digest)).to_string();
            statement["subject"][0]["digest"]["sha256"] = root.to_ascii_uppercase().into();
        });
        assert_eq!(reversed.unwrap(), manifest);
        let again = Manifest::new(manifest.files().clone());
        assert_eq!(Manifest::read(&again.to_statement()).unwrap(), again);
    }

    #[test]
    fn paths_are_ignored_by_components() {
        let manifest = Manifest::new(BTreeMap::new());
        let ignores = |path| manifest.ignores(&RelPath::try_from(path).unwrap());
        assert!(ignores(".git") && ignores(".git/config") && ignores("model.sig"));
        assert!(!ignores(".gitmodules") && !ignores("sub/model.sig") && !ignores("model.signature"));
    }

    #[test]
    fn statements_that_are_not_in_order_are_refused() {
        let malformed: [(&str, Value); 7] = [
            ("/_type", "x".into()),
            ("/predicateType", "urn:declass:attestation:class-removal:v1".into()),
            ("/subject/0/digest/sha256", "00".repeat(32).into()),
            ("/subject", json!([])),
            ("/predicate/resources/0/name", "../README.md".into()),
            ("/predicate/resources/0/name", "config.json".into()),
            ("/predicate/resources/0/digest", "3e0e".into()),
        ];
        for (place, value) in malformed {
            let refused = read(|statement| *statement.pointer_mut(place).unwrap() = value);
            assert!(matches!(refused, Err(Refusal::Malformed(_))), "{place}: {refused:?}");
        }
        let unsupported: [(&str, Value); 6] = [
            ("/predicate/serialization/method", "shards".into()),
            ("/predicate/serialization/hash_type", "blake2b".into()),
            ("/predicate/serialization/allow_symlinks", true.into()),
            ("/predicate/serialization/ignore_paths", vec!["x"; MOST_IGNORED + 1].into()),
            ("/predicate/resources/0/algorithm", "blake3".into()),
            ("/predicate/resources/0/name", ".".into()),
        ];
        for (place, value) in unsupported {
            let refused = read(|statement| *statement.pointer_mut(place).unwrap() = value);
            assert!(matches!(refused, Err(Refusal::Unsupported(_))), "{place}: {refused:?}");
        }
    }
}
