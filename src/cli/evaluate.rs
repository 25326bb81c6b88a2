//! `declass evaluate`: the table for people, the figures for machines.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use declass::{
    attest::Claimed,
    claim::names::open_model,
    claim::{StoredClaim, root_digest},
    classes::Forgotten,
    cut::Cut,
    error::Error,
    evaluate::{Compared, Evaluation, Pair, evaluate},
    fetch::Wanted,
    formats::{Artifact, RelPath, Sha256Digest},
    head::Hints,
    removal::{OtherFile, Removal},
    verify::compare,
};
use serde_json::{Value, json};

use super::{
    Exit,
    amended::Amended,
    args::EvaluateArgs,
    bars::Bars,
    hub, labelled,
    output::{Printer, Verbosity},
    schema::Schema,
    told,
};

pub(super) fn run(args: &EvaluateArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let located = hub::locate_release(&args.release, args.hub.offline, &bars)?;
    let release = open_model(&located.path).map_err(Error::from)?;
    let wanted = Wanted::of(args.hub.file.as_ref(), hub::has_others(&located.path));
    let located_original = hub::locate(&args.original, wanted, args.hub.offline, &bars)?;
    let original = open_model(&located_original.path).map_err(Error::from)?;
    let (pair, (hints, others), cut) = load(args, &original, &release)?;
    let through = labelled::Through::of(&original, &cut, args.graph.as_deref());
    let through = labelled::Through { keep: labelled::kept_in(&args.keep), ..through };
    let silent = Printer::new(Verbosity::Quiet);
    let out = if args.json { &silent } else { printer };
    examples::check(args, &located.path, &pair, &bars)?;
    let amended = Amended::open(args, &located.path)?;
    let data = labelled::open_if_named(&args.measured_on, &through, &bars, out)?.ok_or_else(nothing_named)?;
    data.check(&pair)?;
    let comparison = compare(&original, &release, &pair.forgotten, (&hints, &others), &bars)?;
    // Embeddings of one encoder say nothing of another.
    comparison.require_only_the_head()?;
    let models = [
        Model { name: located_original.name(), artifact: &original, files: comparison.original_digests() },
        Model { name: located.name(), artifact: &release, files: comparison.candidate_digests() },
    ];
    let evaluation = evaluate(&pair, &data, args.seed)?;
    let compared = examples::retrained(args, &through, (&pair, &data), &bars, out)?;
    print(&models, &comparison.check().summary, &evaluation, out);
    compared.iter().for_each(|compared| examples::print(args, compared, &pair, out));
    limits(&models, compared.is_some(), out);
    examples::write(args, &located.path, &evaluation, out)?;
    let written = match &amended {
        Some(amended) if !amended.write(args, &original, (&data, &evaluation), (&bars, printer))? => {
            return Ok(Exit::No);
        }
        Some(amended) => Some(amended.told()),
        None => None,
    };
    if let Some((into, signed_by)) = &written {
        let by = signed_by.as_ref().map_or_else(|| "not signed".into(), |id| format!("signed by {id}"));
        out.row("wrote", format!("{into}: the same files, a claim with these figures ({by})"));
    }
    if args.json {
        let json = as_json(&models, &evaluation, compared.as_ref(), written)?;
        printer.answer(Schema::Evaluate, &json)?;
    }
    Ok(Exit::Yes)
}

/// What is there where examples can be run: a file with the inputs that changed, and a retrained model.
#[cfg(feature = "inputs")]
mod examples {
    use std::path::Path;

    use anyhow::Result;
    use declass::evaluate::{Evaluation, Pair};

    use crate::cli::{
        args::EvaluateArgs,
        bars::Bars,
        beside, changed,
        output::{Printer, counted},
        outside::require_outside,
    };

    pub(super) use crate::cli::beside::{measure as retrained, print};

    /// What can be told before anything is run.
    pub(super) fn check(args: &EvaluateArgs, release: &Path, pair: &Pair, bars: &Bars) -> Result<()> {
        beside::open(args, pair, bars)?;
        args.changed.as_deref().map_or(Ok(()), |out| require_outside(out, release))
    }

    pub(super) fn write(
        args: &EvaluateArgs,
        release: &Path,
        evaluation: &Evaluation,
        printer: &Printer,
    ) -> Result<()> {
        let Some(out) = &args.changed else { return Ok(()) };
        changed::write(out, release, evaluation)?;
        let count = counted(evaluation.changed.len(), "input");
        printer.row("wrote", format!("{} ({count} with another answer)", out.display()));
        Ok(())
    }
}

/// This build runs no examples.
#[cfg(not(feature = "inputs"))]
mod examples {
    use std::path::Path;

    use anyhow::Result;
    use declass::evaluate::{Compared, Data, Evaluation, Pair};

    use crate::cli::{args::EvaluateArgs, bars::Bars, labelled::Through, output::Printer};

    pub(super) fn check(_: &EvaluateArgs, _: &Path, _: &Pair, _: &Bars) -> Result<()> {
        Ok(())
    }

    pub(super) fn write(_: &EvaluateArgs, _: &Path, _: &Evaluation, _: &Printer) -> Result<()> {
        Ok(())
    }

    pub(super) fn retrained(
        _: &EvaluateArgs,
        _: &Through<'_>,
        _: (&Pair, &Data),
        _: &Bars,
        _: &Printer,
    ) -> Result<Option<Compared>> {
        Ok(None)
    }

    pub(super) fn print(_: &EvaluateArgs, _: &Compared, _: &Pair, _: &Printer) {}
}

/// A model by the digests of its files, the card left out.
struct Model<'a> {
    name: String,
    artifact: &'a Artifact,
    files: BTreeMap<&'a RelPath, Sha256Digest>,
}

/// Both heads, what is said of the model by hand, and further files in which the same was done; which classes are forgotten the user says, or else
/// the claim.
fn load(
    args: &EvaluateArgs,
    original: &Artifact,
    release: &Artifact,
) -> Result<(Pair, (Hints, Vec<OtherFile>), Cut)> {
    let claimed = match args.forget[..] {
        [] if !StoredClaim::exists(release.folder()) => {
            return Err(Error::NoClaim { path: args.release.clone() }.into());
        }
        [] => Some(Claimed::of(release)?),
        _ => None,
    };
    let removal = claimed.as_ref().map(Claimed::removal);
    let claimed = removal.map(Removal::hints).cloned().unwrap_or_default();
    let hints = if args.head.is_empty() { claimed } else { Hints::naming(&args.head) };
    let cut = Cut::locate(original, &hints)?;
    let forgotten = match removal {
        Some(removal) => removal.forgotten().clone(),
        None => {
            let named = Forgotten::resolve(&args.forget, cut.head.classes, cut.labels.as_ref());
            named.map_err(Error::from)?
        }
    };
    let others = removal.map(Removal::others).unwrap_or_default().to_vec();
    Ok((Pair::load((original, &cut), release, &hints, forgotten)?, (hints, others), cut))
}

/// An evaluation needs something to measure on.
fn nothing_named() -> anyhow::Error {
    anyhow!(
        "name what to measure on: your own labelled examples with --data, or embeddings with --eval-embeddings"
    )
}

fn as_json(
    [original, release]: &[Model<'_>; 2],
    evaluation: &Evaluation,
    compared: Option<&Compared>,
    written: Option<(String, Option<String>)>,
) -> Result<Value> {
    let mut json = json!({"original": original.as_json(), "release": release.as_json()});
    if let (Some(all), Value::Object(evaluation)) = (json.as_object_mut(), serde_json::to_value(evaluation)?)
    {
        all.extend(evaluation);
        if let Some(compared) = compared {
            all.insert("retrained".into(), serde_json::to_value(compared)?);
        }
        if let Some((out, signed_by)) = written {
            all.extend([("out".to_owned(), json!(out)), ("signedBy".to_owned(), json!(signed_by))]);
        }
    }
    Ok(json)
}

/// What happened to whose inputs first, then what was measured on.
fn print([original, release]: &[Model<'_>; 2], changes: &str, evaluation: &Evaluation, printer: &Printer) {
    told::in_words(evaluation, printer);
    printer.row("changed", changes);
    labelled::measured(evaluation, printer);
    printer.detail("release", release.describe());
    printer.detail("original", original.describe());
    printer.detail(
        "encoder",
        "the original's: features are the same, CKA of original and copy is 1 in every layer by construction",
    );
}

/// What the figures do not say, and the digests of all files.
fn limits([original, release]: &[Model<'_>; 2], is_compared: bool, printer: &Printer) {
    printer.limit(
        "limits",
        if is_compared {
            "the features are unchanged; another retrained model would give other figures"
        } else {
            "the features are unchanged; only a model retrained without the class says what restoring or \
             probing would find without it"
        },
    );
    for model in [release, original] {
        for (path, digest) in &model.files {
            printer.detail(
                "sha256",
                format!("{digest}  {}", model.artifact.folder().join(path.as_str()).display()),
            );
        }
    }
}

impl Model<'_> {
    fn root(&self) -> String {
        root_digest(&self.files).to_string()
    }

    fn describe(&self) -> String {
        format!("{} (root sha256 {}...)", self.name, &self.root()[..16])
    }

    fn as_json(&self) -> Value {
        let digest =
            |(path, digest): (&&RelPath, &Sha256Digest)| (path.to_string(), digest.to_string().into());
        let files: serde_json::Map<String, Value> = self.files.iter().map(digest).collect();
        json!({"path": self.name, "root": self.root(), "files": files})
    }
}
