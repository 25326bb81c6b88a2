//! `declass reproduce`: the command of a claim once more, and its files beside those of the release.

use std::env;

use anyhow::Result;
use declass::{
    claim::names::open_model,
    device::DeviceChoice,
    error::Error,
    fetch::Wanted,
    formats::Artifact,
    head::Slot,
    model::Model,
    pipeline::{OtherTensor, Release, Reproduced},
    removal::Removal,
};
use serde_json::{Value, json};

use super::{Exit, args::ReproduceArgs, bars::Bars, device, hub, output::Printer, schema::Schema};

pub(super) fn run(args: &ReproduceArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let release = hub::locate_release(&args.release, args.hub.offline, &bars)?;
    let release = Release::open(&release.path)?;
    let (version, removal) = (release.claimed().version(), release.removal());
    if version != env!("CARGO_PKG_VERSION") {
        printer.warn(&format!("the claim is of version {version}, this is {}", env!("CARGO_PKG_VERSION")));
    }
    let choice = args.device.unwrap_or_else(|| removal.device().into());
    let wanted = Wanted::of(args.hub.file.as_ref(), !removal.others().is_empty());
    let original = hub::locate(&args.original, wanted, args.hub.offline, &bars)?;
    let original = open_model(&original.path).map_err(Error::from)?;
    let Reproduced { files, tensors, .. } = &again(&release, original, choice, &bars, printer)?;
    let same = files.iter().all(|(_, same)| *same);
    let command =
        format!("declass unlearn {} {}", args.original.display(), arguments(removal, choice).join(" "));
    if args.json {
        let files = files.iter().map(|(path, same)| json!({"path": path, "same": same}));
        let tensors = tensors.iter().map(as_json);
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
        tensors.iter().for_each(|other| printer.row("", other.to_string()));
        printer.row("verdict", if same { "the same bytes" } else { "other bytes" });
    }
    Ok(if same { Exit::Yes } else { Exit::No })
}

/// Makes a release again.
pub(super) fn again(
    release: &Release,
    original: Artifact,
    choice: DeviceChoice,
    bars: &Bars,
    printer: &Printer,
) -> Result<Reproduced> {
    let original = Model::of(original, release.removal().hints().clone())?;
    let device = device::open(choice, printer)?;
    Ok(release.reproduce(&original, &env::temp_dir(), device, bars)?)
}

fn as_json(other: &OtherTensor) -> Value {
    json!({"name": other.name, "values": other.values, "largestDifference": other.largest})
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
    if removal.method().minimum.is_some() {
        add("--set", format!("optimizer={}", removal.optimizer().name()));
    }
    removal.executed().iter().for_each(|inputs| add("--executed", inputs.to_string()));
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
