//! `declass reproduce`: the command of a claim once more, and its files beside those of the release.

use anyhow::{Context, Result};
use declass::{
    claim::names::open_model,
    device::DeviceChoice,
    error::Error,
    formats::{Artifact, Diff, Role, TensorChange},
    head::Slot,
    model::Model,
    pipeline::{Job, Release},
    release::Destination,
    removal::Removal,
};
use serde_json::{Value, json};

use super::{Exit, args::ReproduceArgs, bars::Bars, device, hub, output::Printer, schema::Schema};

/// A tensor that came out differently.
struct Other {
    name: String,
    values: u64,
    /// Largest difference of two of its numbers; none if it has no numbers or another shape.
    largest: Option<f64>,
}

pub(super) fn run(args: &ReproduceArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let release = hub::locate(&args.release, None, args.hub.offline, &bars)?;
    let release = Release::open(&release.path)?;
    let (version, removal, release) = (release.claimed().version(), release.removal(), release.artifact());
    if version != env!("CARGO_PKG_VERSION") {
        printer.warn(&format!("the claim is of version {version}, this is {}", env!("CARGO_PKG_VERSION")));
    }
    let choice = args.device.unwrap_or_else(|| removal.device().into());
    let original = hub::locate(&args.original, args.hub.file.as_ref(), args.hub.offline, &bars)?;
    let original = Model::of(open_model(&original.path).map_err(Error::from)?, removal.hints().clone())?;
    let folder = tempfile::tempdir().context("making a folder for the copy")?;
    let destination = Destination::new(folder.path().join("out"));
    let device = device::open(choice, printer)?;
    // Older versions did not ask whether a single class may be left.
    let asked = removal.accepting_one_answer();
    let copy = Job::open(&original, &asked, destination, device, &bars)?.train()?.seal()?.write()?;
    let diff = Diff::between(release, copy.artifact(), &|_| ()).map_err(Error::from)?;
    let others: Vec<Other> =
        diff.tensors.iter().map(|change| Other::of(change, release, copy.artifact())).collect();
    let files = files(release, &diff);
    let same = files.iter().all(|(_, same)| *same);
    let command =
        format!("declass unlearn {} {}", args.original.display(), arguments(removal, choice).join(" "));
    if args.json {
        let files = files.iter().map(|(path, same)| json!({"path": path, "same": same}));
        let tensors = others.iter().map(Other::json);
        printer.answer(
            Schema::Reproduce,
            &json!({
                "same": same,
                "command": command,
                "files": files.collect::<Vec<_>>(),
                "tensors": tensors.collect::<Vec<_>>(),
            }),
        )?;
    } else {
        printer.row("command", command);
        files.iter().for_each(|(path, same)| printer.row(if *same { "same" } else { "OTHER" }, path));
        others.iter().for_each(|other| printer.row("", other.words()));
        printer.row("verdict", if same { "the same bytes" } else { "other bytes" });
    }
    Ok(if same { Exit::Yes } else { Exit::No })
}

/// The arguments of `declass unlearn` that ask for a removal.
fn arguments(removal: &Removal, device: DeviceChoice) -> Vec<String> {
    let mut arguments: Vec<String> = vec!["--method".into(), removal.method().name.into()];
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    removal.forgotten().indices().for_each(|class| add("--forget", class.to_string()));
    add("--slot", if removal.slot() == Slot::Drop { "drop" } else { "keep" }.into());
    add("--seed", removal.seed().to_string());
    removal.hints().heads.iter().for_each(|head| add("--head", head.clone()));
    if removal.draws() {
        add("--distribution", removal.distribution().to_string());
        add("--samples", removal.samples().to_string());
        removal.learning_rate().iter().for_each(|rate| add("--lr", rate.to_string()));
        removal.settings().iter().for_each(|(name, value)| add("--set", format!("{name}={value}")));
    }
    if removal.trains() {
        add("--epochs", removal.epochs().to_string());
    }
    add("--device", device.to_string());
    let target = removal.target();
    let switches = [
        ("--no-seal", !target.is_final()),
        ("--multi-label", target.hints().multi_label),
        ("--allow-constant", target.accepted().constant),
        ("--allow-stale", target.accepted().stale),
    ];
    arguments.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()));
    arguments
}

/// The files that a removal makes, with whether they are the same; the card and the records beside the model
/// are not among them.
fn files(release: &Artifact, diff: &Diff) -> Vec<(String, bool)> {
    let is_card = |path| release.files().iter().any(|file| file.path == path && file.role == Role::Card);
    let files = diff.files.iter().filter(|file| !is_card(file.path.clone()));
    // The copy has no card either, so that a card of the release alone is no difference.
    files.map(|file| (file.path.to_string(), file.before == file.after)).collect()
}

impl Other {
    fn of(change: &TensorChange, release: &Artifact, copy: &Artifact) -> Self {
        let numbers = |artifact: &Artifact| {
            let info = artifact.tensors().get(&change.name)?;
            info.dtype.decode_f64(&artifact.read_tensor(&change.name).ok()?)
        };
        let pairs = numbers(release).zip(numbers(copy)).filter(|(a, b)| a.len() == b.len());
        let largest =
            pairs.map(|(a, b)| a.iter().zip(&b).fold(0.0f64, |most, (a, b)| most.max((a - b).abs())));
        Self { name: change.name.clone(), values: change.values, largest }
    }

    fn words(&self) -> String {
        let by = self.largest.map_or_else(String::new, |largest| format!(", by {largest:.1e} at most"));
        format!("`{}`: {} values differ{by}", self.name, self.values)
    }

    fn json(&self) -> Value {
        json!({"name": self.name, "values": self.values, "largestDifference": self.largest})
    }
}
