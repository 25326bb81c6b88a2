//! Opening what the user named.

use std::fs;

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
    let labels = match &args.labels {
        None => cut.labels.clone(),
        Some(file) => {
            if let Some(own) = &cut.labels {
                bail!(
                    "the model has labels of its own (from {}); --labels is for models without",
                    own.source
                );
            }
            let text =
                fs::read_to_string(file).with_context(|| format!("labels file `{}`", file.display()))?;
            let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
            if names.len() != cut.head.classes {
                bail!(
                    "labels file `{}` has {} lines, the model {} classes",
                    file.display(),
                    names.len(),
                    cut.head.classes
                );
            }
            if cut.labels.as_ref().is_some_and(|own| own.names != names) {
                bail!("labels file `{}` disagrees with the labels that the model carries", file.display());
            }
            Some(Labels { names, source: file.display().to_string() })
        }
    };
    Ok(Source { artifact, cut, labels })
}
