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
    evaluate::{Evaluation, Pair, evaluate},
    formats::{Artifact, RelPath, Sha256Digest},
    head::Hints,
    removal::Removal,
    verify::compare,
};
use serde_json::{Value, json};

use super::{
    Exit,
    args::EvaluateArgs,
    bars::Bars,
    hub, labelled,
    output::{Printer, Verbosity},
    schema::Schema,
};

pub(super) fn run(args: &EvaluateArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let located = hub::locate(&args.release, None, args.hub.offline, &bars)?;
    let release = open_model(&located.path).map_err(Error::from)?;
    let located_original = hub::locate(&args.original, args.hub.file.as_ref(), args.hub.offline, &bars)?;
    let original = open_model(&located_original.path).map_err(Error::from)?;
    let (pair, hints, cut) = load(args, &original, &release)?;
    let through = labelled::Through::of(&original, &cut, args.graph.as_deref());
    let through = labelled::Through { keep: args.keep.folder(), ..through };
    let silent = Printer::new(Verbosity::Quiet);
    let out = if args.json { &silent } else { printer };
    let data = labelled::open_if_named(&args.measured_on, &through, &bars, out)?.ok_or_else(nothing_named)?;
    data.check(&pair)?;
    let comparison = compare(&original, &release, &pair.forgotten, &hints, &bars)?;
    // Embeddings of one encoder say nothing of another.
    comparison.require_only_the_head()?;
    let models = [
        Model { name: located_original.name(), artifact: &original, files: comparison.original_digests() },
        Model { name: located.name(), artifact: &release, files: comparison.candidate_digests() },
    ];
    let evaluation = evaluate(&pair, &data, args.seed)?;
    if args.json {
        printer.answer(Schema::Evaluate, &as_json(&models, &evaluation)?)?;
    } else {
        print(&models, &comparison.check().summary, &evaluation, printer);
    }
    Ok(Exit::Yes)
}

/// A model by the digests of its files, the card left out.
struct Model<'a> {
    name: String,
    artifact: &'a Artifact,
    files: BTreeMap<&'a RelPath, Sha256Digest>,
}

/// Both heads, and what is said of the model by hand; which classes are forgotten the user says, or else
/// the claim.
fn load(args: &EvaluateArgs, original: &Artifact, release: &Artifact) -> Result<(Pair, Hints, Cut)> {
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
    Ok((Pair::load((original, &cut), release, &hints, forgotten)?, hints, cut))
}

/// An evaluation needs something to measure on.
fn nothing_named() -> anyhow::Error {
    anyhow!(
        "name what to measure on: your own labelled examples with --data, or embeddings with --eval-embeddings"
    )
}

fn as_json([original, release]: &[Model<'_>; 2], evaluation: &Evaluation) -> Result<Value> {
    let mut json = json!({"original": original.as_json(), "release": release.as_json()});
    if let (Some(all), Value::Object(evaluation)) = (json.as_object_mut(), serde_json::to_value(evaluation)?)
    {
        all.extend(evaluation);
    }
    Ok(json)
}

fn print([original, release]: &[Model<'_>; 2], changes: &str, evaluation: &Evaluation, printer: &Printer) {
    printer.row("release", release.describe());
    printer.row("original", original.describe());
    printer.row("changed", changes);
    labelled::print(evaluation, printer);
    printer.row(
        "not shown",
        "the features are unchanged; only a model retrained without the class says what restoring or \
             probing would find without it",
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
