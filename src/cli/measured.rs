//! What `declass verify` measures beside the original. The gate alone measures nothing: there it is a value
//! that cannot be.

#[cfg(feature = "compute")]
mod here {
    use anyhow::{Result, bail};
    use declass::{
        claim::{StoredClaim, names::open_model},
        classes::describe,
        cut::Cut,
        error::Error,
        evidence::REPRODUCED,
        fetch::Wanted,
        formats::Artifact,
        pipeline::{Measuring, Release},
    };
    use serde_json::{Value, json};

    use crate::cli::{
        advice::Advised,
        args::JudgedArgs,
        bars::Bars,
        device,
        hub::{self, Located},
        labelled,
        output::Printer,
        reproduce, summary,
    };

    pub(in crate::cli) use declass::pipeline::Measured;

    /// Refuses what can only be meant of two models.
    pub(in crate::cli) fn require_original(args: &JudgedArgs) -> Result<()> {
        if args.original.is_none() && args.reproduce {
            bail!("--reproduce makes the release again from its original: name it with --original");
        }
        if args.original.is_none() && args.data.eval_embeddings.is_some() {
            bail!("--eval-embeddings are measured on two models: name the other one with --original");
        }
        Ok(())
    }

    /// Measures a release, if an original is named, and tells people on the way what it does.
    pub(in crate::cli) fn measure(
        args: &JudgedArgs,
        release: &Located,
        bars: &Bars,
        (told, printer): (&Printer, &Printer),
    ) -> Result<Option<Measured>> {
        let Some(original) = &args.original else { return Ok(None) };
        let opened = Release::open(&release.path);
        let wanted = Wanted::of(args.hub.file.as_ref(), hub::has_others(&release.path));
        let original = hub::locate(original, wanted, args.hub.offline, bars)?;
        let original = open_model(&original.path).map_err(Error::from)?;
        let release = opened.map_err(|error| or_swapped(error, args, &original))?;
        let cut = Cut::locate(&original, release.removal().hints())?;
        let through = labelled::Through::of(&original, &cut, args.graph.as_deref());
        let data = labelled::open_if_named(&args.data, &through, bars, told)?;
        let device = device::open(args.device, printer)?;
        let how =
            Measuring { data: data.as_ref(), graph: args.graph.as_deref(), seed: args.seed, device: &device };
        let mut measured = release.measure(&original, how, bars)?;
        if args.reproduce {
            // By the kind of device that the claim names: another one makes other bytes.
            let choice = release.removal().device().into();
            measured.checks.push(reproduce::again(&release, original, choice, bars, printer)?.check());
        }
        Ok(Some(measured))
    }

    /// What no check was about.
    pub(in crate::cli) fn not_shown(measured: &Measured) -> Option<&'static str> {
        let is_again = measured.checks.iter().any(|check| check.definition.id == REPRODUCED);
        (measured.rows_taken && !is_again).then_some(
            "that nothing is hidden in the retained rows, which were taken as they are: --reproduce checks this",
        )
    }

    /// Whether figures on data of the user were measured, too.
    pub(in crate::cli) fn is_data_measured(measured: &Measured) -> bool {
        measured.evaluation.is_some()
    }

    /// An error of a release that is none, where the original is one.
    fn or_swapped(error: Error, args: &JudgedArgs, original: &Artifact) -> anyhow::Error {
        let is_none = matches!(error, Error::NotARelease { .. } | Error::NoClaim { .. });
        if !is_none || !StoredClaim::exists(original.folder()) {
            return error.into();
        }
        let (release, original) = (args.release.display(), original.path().display());
        let advice = format!("are the two swapped? `declass verify {original} --original {release}`");
        Advised { reason: error.to_string(), advice: Some(advice) }.into()
    }

    /// The checks, then the figures on data of the user.
    pub(in crate::cli) fn tell(measured: &Measured, printer: &Printer) {
        let labels = measured.labels.as_ref();
        let named: Vec<String> =
            measured.forgotten.iter().map(|class| describe(class.index, labels)).collect();
        summary::tell(&measured.checks, &named.join(", "), labels, printer);
        measured.evaluation.iter().for_each(|evaluation| labelled::tell(evaluation, printer));
    }

    /// What differs between the two models, and the figures on data of the user.
    pub(in crate::cli) fn as_json(measured: Option<&Measured>) -> (Value, Value) {
        let changes = json!(measured.map(|measured| &measured.changes));
        (changes, json!(measured.and_then(|measured| measured.evaluation.as_ref())))
    }

    /// The model that it was measured against.
    pub(in crate::cli) fn original(args: &JudgedArgs) -> Option<String> {
        args.original.as_ref().map(|original| original.display().to_string())
    }

    /// Forgotten classes, as measured.
    pub(in crate::cli) fn forgotten(measured: &Measured) -> &[declass::claim::NamedClass] {
        &measured.forgotten
    }
}

#[cfg(not(feature = "compute"))]
mod here {
    use anyhow::Result;
    use declass::{claim::NamedClass, evidence::Check, gate::Measurement};
    use serde_json::Value;

    use crate::cli::{args::JudgedArgs, bars::Bars, hub::Located, output::Printer};

    /// What is never there: this build cannot measure.
    #[derive(Debug)]
    pub(in crate::cli) enum Measured {}

    impl Measurement for Measured {
        fn checks(&self) -> &[Check] {
            match *self {}
        }

        fn unknown(&self) -> &[String] {
            match *self {}
        }

        fn other_head(&self) -> Option<(&str, &str)> {
            match *self {}
        }
    }

    pub(in crate::cli) fn require_original(_: &JudgedArgs) -> Result<()> {
        Ok(())
    }

    pub(in crate::cli) fn measure(
        _: &JudgedArgs,
        _: &Located,
        _: &Bars,
        _: (&Printer, &Printer),
    ) -> Result<Option<Measured>> {
        Ok(None)
    }

    pub(in crate::cli) fn not_shown(measured: &Measured) -> Option<&'static str> {
        match *measured {}
    }

    pub(in crate::cli) fn tell(measured: &Measured, _: &Printer) {
        match *measured {}
    }

    pub(in crate::cli) fn as_json(_: Option<&Measured>) -> (Value, Value) {
        (Value::Null, Value::Null)
    }

    pub(in crate::cli) fn original(_: &JudgedArgs) -> Option<String> {
        None
    }

    pub(in crate::cli) fn forgotten(measured: &Measured) -> &[NamedClass] {
        match *measured {}
    }
}

pub(super) use here::*;
