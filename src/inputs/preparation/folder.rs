//! The files of a model's folder that say how examples become inputs.

use std::path::{Path, PathBuf};

use declass_formats::{parse_json, read_regular};
use serde_json::{Map, Value};

use crate::{
    error::Error,
    inputs::fault::{Fault, shown},
};

/// Most bytes of a configuration.
const MAX_CONFIG: u64 = 16 << 20;
/// Most bytes of a tokenizer.
const MAX_TOKENIZER: u64 = 64 << 20;

/// An object and the file that it was read from.
pub(super) struct Config {
    pub(super) path: PathBuf,
    pub(super) map: Map<String, Value>,
}

/// The folder of a model.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder, or that of the file; where a file lies in a folder `onnx` that says nothing, the one
    /// around it.
    pub(super) fn of(model: &Path) -> Self {
        if model.is_dir() {
            return Self(model.to_owned());
        }
        let near = model.parent().unwrap_or(Path::new("")).to_owned();
        let says = |folder: &Path| SAYING.iter().any(|name| folder.join(name).exists());
        match near.parent() {
            Some(outer) if near.ends_with("onnx") && !says(&near) => Self(outer.to_owned()),
            _ => Self(near),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The object in a file, if there is the file.
    pub(super) fn config(&self, name: &str) -> Result<Option<Config>, Error> {
        let path = self.0.join(name);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = read_regular(&path, MAX_CONFIG)?;
        match parse_json(&bytes) {
            Ok(Value::Object(map)) => Ok(Some(Config { path, map })),
            Ok(_) => Err(Fault::new("it is no JSON object").at(&path)),
            Err(problem) => Err(Fault::new(shown(&problem.to_string())).at(&path)),
        }
    }

    pub(super) fn tokenizer(&self) -> Result<Option<Vec<u8>>, Error> {
        let path = self.0.join("tokenizer.json");
        if !path.exists() { Ok(None) } else { Ok(Some(read_regular(&path, MAX_TOKENIZER)?)) }
    }
}

/// Files that say how examples become inputs.
const SAYING: [&str; 5] = [
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
];

/// Says that there is no tokenizer, and what there is instead.
pub(super) fn no_tokenizer(folder: &Folder) -> Fault {
    const PARTS: [&str; 6] = [
        "vocab.txt",
        "vocab.json",
        "merges.txt",
        "spiece.model",
        "sentencepiece.bpe.model",
        "tokenizer.model",
    ];
    let Some(part) = PARTS.iter().find(|name| folder.0.join(name).exists()) else {
        return nothing("it has no tokenizer.json");
    };
    let reason =
        format!("it has `{part}` and no tokenizer.json, without which its tokens cannot be told exactly");
    let hint = "load the tokenizer with `AutoTokenizer.from_pretrained` and `save_pretrained` it once more";
    Fault::new(reason).hint(hint)
}

/// Says that a folder says nothing, in these words.
pub(super) fn nothing(reason: &str) -> Fault {
    Fault::new(reason).hint(
        "put there what the model was saved with, or give the inputs that it makes, with their labels, as \
         safetensors or npz",
    )
}
