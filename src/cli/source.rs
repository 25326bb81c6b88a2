//! Opening what the user named.

use std::path::Path;

use anyhow::{Context, Result, bail};
use declass::{
    classes::Labels,
    cut::Cut,
    error::Error,
    formats::{Artifact, read_regular},
};

use super::args::ModelArgs;

/// Most bytes of a file with labels.
const MAX_LABELS: u64 = 64 << 20;

/// A model with its head.
pub(super) struct Source {
    pub(super) artifact: Artifact,
    pub(super) cut: Cut,
    pub(super) labels: Option<Labels>,
}

/// Opens the model, finds its head, and reads the labels that the user gave, if any.
pub(super) fn open(args: &ModelArgs) -> Result<Source> {
    let artifact = Artifact::open(&args.path).map_err(Error::from)?;
    let cut = Cut::locate(&artifact, args.head.as_deref())?;
    let labels = match (&args.labels, &cut.labels) {
        (None, own) => own.clone(),
        (Some(_), Some(own)) => {
            bail!("the model has labels of its own (from {}); --labels is for models without", own.source)
        }
        (Some(file), None) => Some(read_labels(file, cut.head.classes)?),
    };
    Ok(Source { artifact, cut, labels })
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
