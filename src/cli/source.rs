//! Opening what the user named.

use std::path::Path;

use anyhow::{Context, Result, bail};
use declass::{
    classes::Labels,
    cut::Cut,
    error::Error,
    fetch::{Fetched, PackageUrl},
    formats::{Artifact, read_regular},
};

use super::{args::ModelArgs, bars::Bars, hub};

/// Most bytes of a file with labels.
const MAX_LABELS: u64 = 64 << 20;

/// A model with its head.
pub(super) struct Source {
    pub(super) artifact: Artifact,
    pub(super) cut: Cut,
    pub(super) labels: Option<Labels>,
    /// As the user named it.
    pub(super) name: String,
    /// Where it comes from, if it was fetched.
    pub(super) package: Option<PackageUrl>,
    /// Files of its repository that were not fetched.
    pub(super) left: Vec<String>,
    /// Keeps files that are there only while they are looked at.
    _fetched: Option<Fetched>,
}

/// Opens the model, fetched if it is a repository.
pub(super) fn open(args: &ModelArgs, bars: &Bars) -> Result<Source> {
    let located = hub::locate(&args.path, args.hub.file.as_ref(), args.hub.offline, bars)?;
    let artifact = Artifact::open(&located.path).map_err(Error::from)?;
    let source = describe(args, artifact)?;
    Ok(Source { package: located.package, left: located.left, ..source })
}

/// Opens the model to look at it: of a repository only what is looked at is fetched.
pub(super) fn peek(args: &ModelArgs, bars: &Bars) -> Result<Source> {
    let Some(fetched) = hub::peek(args, bars)? else { return open(args, bars) };
    let source = describe(args, fetched.artifact.clone())?;
    let (package, left) = (Some(fetched.package.clone()), fetched.left.clone());
    Ok(Source { package, left, _fetched: Some(fetched), ..source })
}

/// Finds the model's head, and reads the labels that the user gave, if any.
fn describe(args: &ModelArgs, artifact: Artifact) -> Result<Source> {
    let cut = Cut::locate(&artifact, args.head.as_deref())?;
    let labels = match (&args.labels, &cut.labels) {
        (None, own) => own.clone(),
        (Some(_), Some(own)) => {
            bail!("the model has labels of its own (from {}); --labels is for models without", own.source)
        }
        (Some(file), None) => Some(read_labels(file, cut.head.classes)?),
    };
    let name = args.path.display().to_string();
    Ok(Source { artifact, cut, labels, name, package: None, left: Vec::new(), _fetched: None })
}

fn read_labels(file: &Path, classes: usize) -> Result<Labels> {
    let named = || format!("labels file `{}`", file.display());
    let bytes = read_regular(file, MAX_LABELS).map_err(Error::from).with_context(named)?;
    let text = String::from_utf8(bytes).with_context(named)?;
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    if names.len() != classes {
        bail!("labels file `{}` has {} lines, the model {classes} classes", file.display(), names.len());
    }
    Ok(Labels { names, source: file.display().to_string() })
}
