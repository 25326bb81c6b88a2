//! From a path to an opened model: which files are the weights, which belong to the model, which do not.

mod copied;
mod foreign;
mod nested;

use std::{path::Path, sync::Arc};

pub use copied::is_companion;

use serde_json::Value;

use crate::{
    Artifact, Fill, FormatError, ModelFile, Problem, RelPath, Role,
    artifact::{Beside, MAX_TEXT},
    folder::{Folder, Survey},
    json::parse_json,
    onnx::Onnx,
    safetensors::Safetensors,
    weights::Weights,
};

impl Artifact {
    /// Opens a folder with safetensors or with one ONNX file (of several the one named `model.onnx`), a `.safetensors` file, or an `.onnx` file.
    ///
    /// Everything that is checked is checked here: headers, shapes against lengths, paths and links. Of a
    /// single file only itself belongs to the model, with its external data and, beside an `.onnx` file or
    /// one named `model.safetensors`, a `config.json`. A folder `onnx` with the graph may lie below the one with
    /// the configuration, which is the model's then, whichever of both is named, unless other weights lie beside the
    /// configuration.
    pub fn open(path: &Path) -> Result<Self, FormatError> {
        Self::open_leaving_out(path, |_| false)
    }

    /// The same, where some files of a folder are about the model and no part of it: a copy leaves them out,
    /// whatever they hold.
    pub fn open_leaving_out(path: &Path, leave_out: LeaveOut) -> Result<Self, FormatError> {
        let metadata = path.metadata().map_err(|error| FormatError::new(path, error))?;
        if metadata.is_dir() { open_folder(path, Folder::open(path)?, leave_out) } else { open_file(path) }
    }

    /// Opens a folder whose files are there in their full size but may have holes: whatever is read of them
    /// later is filled in first.
    pub fn open_with_holes(
        path: &Path,
        leave_out: LeaveOut,
        holes: Arc<dyn Fill>,
    ) -> Result<Self, FormatError> {
        open_folder(path, Folder::open(path)?.with_holes(holes), leave_out)
    }
}

/// Whether a file in a model's folder is no part of it.
pub type LeaveOut = fn(&RelPath) -> bool;

/// A folder: its weights, its configuration, and what [`is_companion`] says of the rest.
fn open_folder(path: &Path, folder: Folder, leave_out: LeaveOut) -> Result<Artifact, FormatError> {
    let Survey { files, skipped } = folder.survey()?;
    let weights = choose_weights(&folder, &files)?;
    let own = weights.files();
    // The weights of an adapter are of no use without its settings.
    let is_adapter = own.iter().any(|file| file.as_str() == ADAPTER_WEIGHTS);
    let others = nested::Others::of(&files, &own);
    let stays = |(file, size): &(RelPath, u64)| {
        let describes = file.as_str() == CONFIG || (is_adapter && file.as_str() == ADAPTER);
        own.contains(file)
            || describes
            || (is_companion(file, *size) && !leave_out(file) && !others.describe(file))
    };
    let (kept, left_out): (Vec<_>, Vec<_>) = files.iter().cloned().partition(stays);
    let paths = |files: Vec<(RelPath, u64)>| files.into_iter().map(|(file, _)| file).collect();
    let (kept, left_out) = (paths(kept), paths(left_out));
    finish(path, folder, kept, Beside { left_out, skipped }, weights)
}

/// A file: only itself, its external data and its configuration.
fn open_file(path: &Path) -> Result<Artifact, FormatError> {
    let fail = |problem| FormatError::new(path, problem);
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| fail(Problem::NotAModelFile))?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let (root, file) = match nested::model_folder(beside)
        .filter(|_| name.to_ascii_lowercase().ends_with(".onnx"))
    {
        Some(root) => (root, RelPath::try_from(format!("{}/{name}", nested::GRAPHS).as_str()).map_err(fail)?),
        None => (beside, RelPath::try_from(name).map_err(fail)?),
    };
    let folder = Folder::open(root)?;
    let has_config = has_extension(&file, "onnx") || name == SINGLE;
    let weights = match () {
        () if has_extension(&file, "onnx") => Weights::Onnx(Box::new(Onnx::open(&folder, file)?)),
        () if has_extension(&file, "safetensors") => {
            Weights::Safetensors(Safetensors::open_file(&folder, file)?)
        }
        () => {
            let other = if has_extension(&file, "xml") { "bin" } else { "xml" };
            let described = format!("{}.{other}", foreign::stem(&file));
            let described = RelPath::try_from(described.as_str()).is_ok_and(|other| folder.exists(&other));
            return Err(fail(foreign::problem(&file, described).unwrap_or(Problem::NotAModelFile)));
        }
    };
    let mut kept: Vec<RelPath> = weights.files().into_iter().cloned().collect();
    let config = config_path();
    if has_config && folder.exists(&config) {
        kept.push(config);
    }
    finish(path, folder, kept, Beside::default(), weights)
}

/// The weights among a folder's files, or the reason why there are none.
fn choose_weights(folder: &Folder, files: &[(RelPath, u64)]) -> Result<Weights, FormatError> {
    let fail = |problem| FormatError::new(folder.root(), problem);
    let top: Vec<&RelPath> =
        files.iter().map(|(file, _)| file).filter(|file| !file.as_str().contains('/')).collect();
    let named = |name: &str| top.iter().find(|file| file.as_str() == name).map(|file| (*file).clone());
    let with = |extension: &str| -> Vec<&RelPath> {
        top.iter().copied().filter(|file| has_extension(file, extension)).collect()
    };
    if named(ADAPTER).is_some() {
        // One with a model beside it is applied to that when it is loaded; what it is alone can be opened.
        let whole = named(SINGLE).or_else(|| named(INDEX));
        return match named(ADAPTER_WEIGHTS).filter(|_| whole.is_none()) {
            Some(file) => Safetensors::open_file(folder, file).map(Weights::Safetensors),
            None => Err(fail(Problem::Adapter)),
        };
    }
    if let Some(file) = named(SINGLE) {
        return Safetensors::open_file(folder, file).map(Weights::Safetensors);
    }
    if let Some(file) = named(INDEX) {
        return Safetensors::open_index(folder, file).map(Weights::Safetensors);
    }
    let several = |files: &[&RelPath]| {
        fail(Problem::SeveralModels { names: files.iter().map(|file| file.to_string()).collect() })
    };
    let graph = |file: &RelPath| Onnx::open(folder, file.clone()).map(|onnx| Weights::Onnx(Box::new(onnx)));
    match (with("safetensors").as_slice(), with("onnx").as_slice()) {
        ([file], _) => Safetensors::open_file(folder, (*file).clone()).map(Weights::Safetensors),
        ([], []) => match nested::graphs(files).as_slice() {
            found @ [_, ..] if named(CONFIG).is_some() => {
                first_graph(found).map_or_else(|| Err(several(found)), graph)
            }
            _ => Err(fail(foreign::problem_of(files))),
        },
        ([], files) => first_graph(files).map_or_else(|| Err(several(files)), graph),
        (files, _) => Err(several(files)),
    }
}

/// Of several graphs the one that exporters write first: the others beside it are made of it.
fn first_graph<'f>(graphs: &[&'f RelPath]) -> Option<&'f RelPath> {
    match graphs {
        [graph] => Some(graph),
        _ => graphs.iter().copied().find(|graph| graph.file_name() == GRAPH),
    }
}

fn finish(
    path: &Path,
    folder: Folder,
    mut kept: Vec<RelPath>,
    beside: Beside,
    weights: Weights,
) -> Result<Artifact, FormatError> {
    let own = weights.files();
    kept.sort();
    let files = kept
        .into_iter()
        .map(|path| {
            let size = folder.open_file(&path)?.1;
            let role = match path.as_str() {
                _ if own.contains(&path) => Role::Weights,
                CONFIG => Role::Config,
                CARD => Role::Card,
                _ => Role::Companion,
            };
            Ok(ModelFile { path, size, role })
        })
        .collect::<Result<Vec<_>, FormatError>>()?;
    let config = match files.iter().find(|file| file.role == Role::Config) {
        Some(file) => Some(read_config(&folder, &file.path)?),
        None => None,
    };
    let tensors = weights.tensors();
    let twins = Vec::new();
    Ok(Artifact { path: path.to_owned(), folder, files, beside, tensors, config, weights, twins })
}

fn read_config(folder: &Folder, path: &RelPath) -> Result<Value, FormatError> {
    let fail = |problem| FormatError::new(folder.locate(path), problem);
    folder.open_fetched(path)?;
    let config: Value = parse_json(&folder.read(path, MAX_TEXT)?).map_err(fail)?;
    if config.is_object() { Ok(config) } else { Err(fail(Problem::NotAnObject)) }
}

fn has_extension(file: &RelPath, extension: &str) -> bool {
    file.file_name().rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}

fn config_path() -> RelPath {
    RelPath::from_static(CONFIG)
}

/// What exporters call a graph.
const GRAPH: &str = "model.onnx";
const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const ADAPTER: &str = "adapter_config.json";
const ADAPTER_WEIGHTS: &str = "adapter_model.safetensors";
const CONFIG: &str = "config.json";
const CARD: &str = "README.md";
