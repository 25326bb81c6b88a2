//! Opening what the user named.

use std::path::Path;

use anyhow::{Context, Result};
use declass::{
    claim::names::open_model,
    classes::Labels,
    cut::given_labels,
    error::{Error, LocateError},
    fetch::{Fetched, PackageUrl, Wanted},
    formats::{Artifact, read_regular},
    head::Hints,
    model::Model,
};

use super::{args::ModelArgs, bars::Bars, hub};

/// Most bytes of a file with labels.
const MAX_LABELS: u64 = 64 << 20;

/// A model as the user named it.
pub(super) struct Source {
    pub(super) model: Model,
    pub(super) name: String,
    /// Files of its repository that were not fetched.
    pub(super) left: Vec<String>,
    /// Keeps files that are there only while they are looked at.
    _fetched: Option<Fetched>,
}

/// Opens the model, fetched if it is a repository, with the files that may be it once more or without them.
pub(super) fn open(args: &ModelArgs, others: bool, bars: &Bars) -> Result<Source> {
    let wanted = Wanted::of(args.hub.file.as_ref(), others);
    let located = hub::locate(&args.path, wanted, args.hub.offline, bars)?;
    let artifact = open_model(&located.path).map_err(Error::from)?;
    described(args, artifact, located.package, located.left)
}

/// Opens the model to look at it: of a repository only what is looked at is fetched.
pub(super) fn peek(args: &ModelArgs, bars: &Bars) -> Result<Source> {
    let Some(fetched) = hub::peek(args, bars)? else { return open(args, false, bars) };
    let (package, left) = (Some(fetched.package.clone()), fetched.left.clone());
    let source = described(args, fetched.artifact.clone(), package, left)?;
    Ok(Source { _fetched: Some(fetched), ..source })
}

/// Finds the model's head, and reads the labels that the user gave, if any.
fn described(
    args: &ModelArgs,
    artifact: Artifact,
    package: Option<PackageUrl>,
    left: Vec<String>,
) -> Result<Source> {
    let mut model = located(args, artifact)?;
    if let Some(file) = &args.labels {
        model.require_unlabelled(&file.display().to_string())?;
        model = model.with_labels(read_labels(file)?)?;
    }
    if let Some(package) = package {
        model = model.from_repository(package);
    }
    Ok(Source { model, name: args.path.display().to_string(), left, _fetched: None })
}

/// Finds the model's head; of several in a graph that could be it the one with as many classes as the user gave
/// labels, which also say that what a graph gives out for every token or pixel are classes.
fn located(args: &ModelArgs, artifact: Artifact) -> Result<Model> {
    let has_graph = artifact.graph().is_some();
    let unsettled = match Model::of(artifact.clone(), args.hints()) {
        Err(Error::Locate(it @ (LocateError::Ambiguous { .. } | LocateError::Unsuitable { .. }))) => it,
        other => return Ok(other?),
    };
    let Some(file) = args.labels.as_ref().filter(|_| has_graph) else {
        return Err(Error::from(unsettled).into());
    };
    let classes = Some(read_labels(file)?.names.len());
    Ok(Model::of(artifact, Hints { classes, ..args.hints() })?)
}

fn read_labels(file: &Path) -> Result<Labels> {
    let named = || format!("labels file `{}`", file.display());
    let bytes = read_regular(file, MAX_LABELS).map_err(Error::from).with_context(named)?;
    let text = String::from_utf8(bytes).with_context(named)?;
    Ok(given_labels(&text, &file.display().to_string())?)
}
