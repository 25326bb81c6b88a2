//! Opening what the user named.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use declass::{classes::Labels, cut::Cut, formats::Artifact};

use super::args::ModelArgs;

/// A model with its head.
pub(super) struct Source {
    pub(super) artifact: Artifact,
    pub(super) cut: Cut,
    pub(super) labels: Option<Labels>,
}

/// Opens the model, finds its head, and reads the labels that the user gave, if any.
pub(super) fn open(args: &ModelArgs) -> Result<Source> {
    let artifact = Artifact::open(&args.path).map_err(declass::error::Error::from)?;
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
    let text = fs::read_to_string(file).with_context(|| format!("labels file `{}`", file.display()))?;
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    if names.len() != classes {
        bail!("labels file `{}` has {} lines, the model {classes} classes", file.display(), names.len());
    }
    Ok(Labels { names, source: file.display().to_string() })
}
