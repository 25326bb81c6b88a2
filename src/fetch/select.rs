//! Which files of a repository a model consists of, told from names and sizes before anything is downloaded.

use declass_formats::{RelPath, is_companion};

use super::{listing::Remote, reference::RepoId};
use crate::{
    claim::names::{MAX_RECORD, is_record, looks_like_record},
    error::HubError,
};

/// What is taken of a listing.
#[derive(Debug)]
pub(super) struct Selection {
    /// The file of weights, or the index that names them.
    pub(super) weights: Remote,
    /// The folder that it lies in, with a `/` behind; what it names is there too.
    pub(super) base: String,
    /// What describes the model.
    pub(super) companions: Vec<Remote>,
}

impl Selection {
    /// Chooses as the opening of a folder does, and says why where there is nothing to choose.
    pub(super) fn of(files: &[Remote], repo: &RepoId, file: Option<&RelPath>) -> Result<Self, HubError> {
        let weights = match file {
            Some(path) => named(files, repo, path)?,
            None => found(files, repo)?,
        };
        let base = weights.path.as_str().strip_suffix(weights.path.file_name()).unwrap_or_default();
        let describes = |file: &&Remote| {
            file.path != weights.path
                && ((is_companion(&file.path, file.size) && !looks_like_record(&file.path))
                    || file.path.as_str() == ADAPTER)
                && !is_code(&file.path)
        };
        let records = records(files, repo)?;
        let companions = files.iter().filter(|file| describes(file) || records.contains(file));
        Ok(Self {
            weights: weights.clone(),
            base: base.to_owned(),
            companions: companions.cloned().collect(),
        })
    }
}

/// What a release says of itself, none of it larger than what is read of such files.
pub(super) fn records<'a>(files: &'a [Remote], repo: &RepoId) -> Result<Vec<&'a Remote>, HubError> {
    let records: Vec<&Remote> = files.iter().filter(|file| is_record(&file.path)).collect();
    match records.iter().find(|file| file.size > MAX_RECORD) {
        Some(file) => {
            let reason = format!("`{}` has {} bytes, more than any claim or signature", file.path, file.size);
            Err(unsuitable(repo, reason, String::new()))
        }
        None => Ok(records),
    }
}

/// Whether a file is a program: nothing here runs it, and nothing fetches it.
fn is_code(path: &RelPath) -> bool {
    has_extension(path, "py")
}

/// Whether a file is git's own, which no listing is without and no model consists of.
pub(crate) fn is_gits(path: &RelPath) -> bool {
    matches!(path.as_str().split('/').next(), Some(".gitattributes" | ".github" | ".gitignore"))
}

fn named<'a>(files: &'a [Remote], repo: &RepoId, path: &RelPath) -> Result<&'a Remote, HubError> {
    let readable = has_extension(path, "safetensors") || has_extension(path, "onnx");
    let file = files.iter().find(|file| file.path == *path).filter(|_| readable);
    file.ok_or_else(|| {
        let reason = if readable {
            format!("it has no file `{path}`")
        } else {
            format!("`{path}` is neither a `.safetensors` nor an `.onnx` file")
        };
        unsuitable(repo, reason, list(files.iter().filter(|file| is_weights(file))))
    })
}

fn found<'a>(files: &'a [Remote], repo: &RepoId) -> Result<&'a Remote, HubError> {
    let exactly = |path: &str| files.iter().find(|file| file.path.as_str() == path);
    if let Some(file) = exactly("model.safetensors").or_else(|| exactly("model.safetensors.index.json")) {
        return Ok(file);
    }
    let with = |extension: &'static str, top: bool| {
        let fits = move |file: &&Remote| {
            has_extension(&file.path, extension) && !(top && file.path.as_str().contains('/'))
        };
        files.iter().filter(fits).collect::<Vec<_>>()
    };
    for candidates in [with("safetensors", true), with("onnx", true), with("onnx", false)] {
        match candidates.as_slice() {
            [] => {}
            [file] => return Ok(file),
            several => {
                let reason = "several files could be the model".to_owned();
                return Err(unsuitable(repo, reason, list(several.iter().copied())));
            }
        }
    }
    let other = files.iter().find(|file| OTHERS.iter().any(|end| has_extension(&file.path, end)));
    Err(match other {
        Some(file) => HubError::Unsuitable {
            repo: repo.to_string(),
            reason: format!("its weights are in another format (`{}`)", file.path),
            hint: Some("load the model where you trust it and save it as safetensors".into()),
        },
        None => unsuitable(repo, "it holds no weights".into(), list(files.iter().filter(|f| is_weights(f)))),
    })
}

fn unsuitable(repo: &RepoId, reason: String, choices: String) -> HubError {
    let repo = repo.to_string();
    if choices.is_empty() {
        return HubError::Unsuitable { repo, reason, hint: None };
    }
    HubError::Unclear { repo, reason, choices }
}

fn is_weights(file: &Remote) -> bool {
    has_extension(&file.path, "safetensors") || has_extension(&file.path, "onnx")
}

/// The first few names.
fn list<'a>(files: impl Iterator<Item = &'a Remote>) -> String {
    files.take(SHOWN).map(|file| format!("`{}`", file.path)).collect::<Vec<_>>().join(", ")
}

fn has_extension(path: &RelPath, extension: &str) -> bool {
    path.file_name().rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}

/// An adapter is no model; to open the folder with this file says so.
const ADAPTER: &str = "adapter_config.json";
const OTHERS: [&str; 9] = ["bin", "ckpt", "gguf", "h5", "keras", "msgpack", "pkl", "pt", "pth"];
const SHOWN: usize = 8;

#[cfg(test)]
mod tests {
    use super::{super::listing::Blob, *};

    fn files(paths: &[&str]) -> Vec<Remote> {
        let remote = |path: &&str| Remote {
            path: RelPath::try_from(*path).unwrap(),
            size: 9,
            blob: Blob::Git("0".repeat(40)),
        };
        paths.iter().map(remote).collect()
    }

    fn chosen(paths: &[&str], file: Option<&str>) -> Result<(String, Vec<String>), String> {
        let repo = RepoId::parse("org/name").unwrap();
        let file = file.map(|path| RelPath::try_from(path).unwrap());
        let selection =
            Selection::of(&files(paths), &repo, file.as_ref()).map_err(|error| error.to_string())?;
        let companions = selection.companions.iter().map(|file| file.path.to_string()).collect();
        Ok((selection.weights.path.to_string(), companions))
    }

    #[test]
    fn safetensors_go_first_and_pickles_and_code_never() {
        let paths = [
            ".gitattributes",
            "README.md",
            "config.json",
            "model.onnx",
            "model.safetensors",
            "modeling.py",
            "pytorch_model.bin",
            "tokenizer.json",
            "onnx/model.onnx",
        ];
        let (weights, companions) = chosen(&paths, None).unwrap();
        assert_eq!(weights, "model.safetensors");
        assert_eq!(companions, ["README.md", "config.json", "tokenizer.json"]);
        assert_eq!(chosen(&paths, Some("onnx/model.onnx")).unwrap().0, "onnx/model.onnx");
        assert!(chosen(&paths, Some("pytorch_model.bin")).unwrap_err().contains("neither"));
    }

    #[test]
    fn an_index_a_lone_file_or_a_reason() {
        let choose = |paths: &[&str]| chosen(paths, None).map(|(weights, _)| weights);
        let shards = ["model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"];
        assert_eq!(choose(&shards).unwrap(), "model.safetensors.index.json");
        assert_eq!(choose(&["config.json", "onnx/model.onnx"]).unwrap(), "onnx/model.onnx");
        assert!(choose(&["a.onnx", "b.onnx"]).unwrap_err().contains("several"));
        assert!(choose(&["pytorch_model.bin"]).unwrap_err().contains("another format"));
        assert!(choose(&["README.md"]).unwrap_err().contains("no weights"));
    }

    #[test]
    fn a_release_has_its_records() {
        let paths = ["class-removal.statement.json", "model.safetensors", "model.sig", "x/model.sig"];
        let (_, companions) = chosen(&paths, None).unwrap();
        assert_eq!(companions, ["class-removal.statement.json", "model.sig"]);
        let (repo, mut listed) = (RepoId::parse("org/name").unwrap(), files(&paths));
        listed[2].size = MAX_RECORD + 1;
        let refused = Selection::of(&listed, &repo, None).unwrap_err().to_string();
        assert!(refused.contains("`model.sig` has 67108865 bytes"), "{refused}");
    }
}
