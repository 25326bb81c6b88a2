//! `--into`: the release again, with a claim that has the figures, too.

use std::path::Path;

use anyhow::{Result, bail};
use candle_core::Device;
use declass::{
    error::Error,
    evaluate::{Data, Evaluation},
    evidence::Outcome,
    formats::Artifact,
    pipeline::{Amending, Release},
    sign::ReleaseKey,
};

use super::{advice::Advised, args::EvaluateArgs, bars::Bars, key, output::Printer};

/// A release that gets another claim.
pub(super) struct Amended<'a> {
    release: Release,
    into: &'a Path,
    key: Option<ReleaseKey>,
}

impl<'a> Amended<'a> {
    /// What is asked for, if it can be done as far as can be told before anything is measured.
    pub(super) fn open(args: &'a EvaluateArgs, release: &Path) -> Result<Option<Self>> {
        let Some(into) = &args.into else {
            if args.key.key.is_some() {
                bail!("--key signs the release that --into writes: name its folder, too");
            }
            return Ok(None);
        };
        let (release, key) = (Release::open(release)?, key::open(&args.key)?);
        Amending::check(&release, into, key.is_some()).map_err(|error| match error {
            Error::DestinationExists { .. } => Advised {
                reason: error.to_string(),
                advice: Some("name a new folder, or the release's own".into()),
            }
            .into(),
            other => anyhow::Error::from(other),
        })?;
        Ok(Some(Self { release, into, key }))
    }

    /// Writes it if nothing is wrong with it, and says whether it did.
    pub(super) fn write(
        &self,
        args: &EvaluateArgs,
        original: &Artifact,
        (data, evaluation): (&Data, &Evaluation),
        (bars, printer): (&Bars, &Printer),
    ) -> Result<bool> {
        let how = Amending {
            data,
            evaluation,
            into: self.into,
            key: self.key.as_ref(),
            graph: args.graph.as_deref(),
            device: &Device::Cpu,
        };
        let measured = self.release.amend(original, how, bars)?;
        if measured.holds() {
            return Ok(true);
        }
        let failed = measured.checks.iter().filter(|check| check.outcome == Outcome::Failed);
        failed.for_each(|check| printer.warn(&format!("{}: {}", check.definition.id, check.summary)));
        for unknown in &measured.unknown {
            printer.warn(&format!("{unknown}: not known to this version"));
        }
        printer.warn("the release does not hold beside its original: nothing was written");
        Ok(false)
    }

    /// Where it went, and who signed it.
    pub(super) fn told(&self) -> (String, Option<String>) {
        (self.into.display().to_string(), self.key.as_ref().map(|key| key.public().fingerprint()))
    }
}
