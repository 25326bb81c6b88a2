//! What each stage of a removal takes, at heads of several sizes, on a device of choice:
//!
//!     cargo bench --bench stages -- --device cpu --models target/heads 10x512 1000x2048
//!
//! Sampling draws training embeddings and strata, unlearning is DELETE by gradient descent, verification is the
//! whole gate on the written copy, certificate included. Prints one line of JSON per head, with the least
//! seconds of some rounds; `benches/gpu.py` makes a table of them. MODELS keeps the heads, so that other
//! programs can be measured on the same ones.
#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod synthetic;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use candle_core::Device;
use clap::Parser;
use declass::{
    classes::Forgotten,
    cut::Cut,
    device::DeviceChoice,
    edit,
    formats::Artifact,
    head::{Hints, LinearHead},
    methods::{self, Optimizer},
    progress::Silent,
    release::{Destination, Staged},
    removal::Removal,
    unlearn::{self, Material},
    verify,
};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;

/// A class like any other.
const FORGOTTEN: usize = 7;

#[derive(Parser)]
struct Arguments {
    /// Heads as CLASSESxWIDTH.
    #[arg(default_values = ["10x512", "214x512", "1000x2048"])]
    heads: Vec<String>,
    #[arg(long, default_value_t)]
    device: DeviceChoice,
    #[arg(long, default_value = "target/heads")]
    models: PathBuf,
    /// Rounds per head; no new one begins after a minute.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What cargo passes.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let device = arguments.device.open()?.device;
    for (i, name) in arguments.heads.iter().enumerate() {
        let folder = arguments.models.join(name);
        if !folder.exists() {
            make(&folder, name)?;
        }
        let model = Artifact::open(&folder)?;
        if i == 0 && !device.is_cpu() {
            // The driver compiles kernels when they are first used.
            round(&model, &device)?;
        }
        let began = Instant::now();
        let mut rounds = vec![round(&model, &device)?];
        while rounds.len() < arguments.rounds && began.elapsed() < Duration::from_secs(60) {
            rounds.push(round(&model, &device)?);
        }
        let least =
            |of: fn(&Round) -> Duration| rounds.iter().map(of).min().unwrap_or_default().as_secs_f64();
        let line = json!({
            "head": name,
            "rounds": rounds.len(),
            "sampling": least(|round| round.sampling),
            "unlearning": least(|round| round.unlearning),
            "verification": least(|round| round.verification),
            "samples": rounds[0].samples,
            "epochs": rounds[0].epochs,
            "passed": rounds.iter().all(|round| round.passed),
        });
        println!("{line}");
    }
    Ok(())
}

/// A folder with nothing but a head, in the layout of a linear probe.
fn make(folder: &Path, name: &str) -> anyhow::Result<()> {
    let sizes = name.split_once('x').ok_or_else(|| anyhow::anyhow!("`{name}` is not CLASSESxWIDTH"))?;
    let LinearHead { classes, width, weight, bias, .. } =
        synthetic::head(sizes.0.parse()?, sizes.1.parse()?, 1.0);
    let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let (weight, bias) = (bytes(&weight), bytes(&bias));
    let tensors = [
        ("classifier.weight", TensorView::new(Dtype::F32, vec![classes, width], &weight)?),
        ("classifier.bias", TensorView::new(Dtype::F32, vec![classes], &bias)?),
    ];
    let labels: serde_json::Map<String, serde_json::Value> =
        (0..classes).map(|class| (class.to_string(), format!("class {class}").into())).collect();
    let config = json!({"architectures": ["LinearProbe"], "id2label": labels});
    fs::create_dir_all(folder)?;
    fs::write(folder.join("config.json"), config.to_string())?;
    fs::write(folder.join("model.safetensors"), safetensors::serialize(tensors, None)?)?;
    Ok(())
}

/// One removal in figures.
struct Round {
    sampling: Duration,
    unlearning: Duration,
    verification: Duration,
    /// Training embeddings of the forgotten class.
    samples: usize,
    /// Of all learning rates that were tried.
    epochs: usize,
    passed: bool,
}

/// Every stage ends with values on the host, so that nothing on a GPU is still to be done when the clock is
/// read.
fn round(model: &Artifact, device: &Device) -> anyhow::Result<Round> {
    let cut = Cut::locate(model, &Hints::default())?;
    let before = cut.head.load(model)?;
    let forgotten = Forgotten::from_indices([FORGOTTEN].into(), before.classes)?;
    let method = methods::choose(None, cut.head.link, cut.head.position.place())?;
    let removal = Removal::of(forgotten, method).optimizer(Optimizer::Sgd).build()?;

    let began = Instant::now();
    let material = Material::draw(&before, &removal, device, &Silent)?;
    let sampling = began.elapsed();

    let began = Instant::now();
    let trained = unlearn::train(&before, &material, &removal, device, &Silent)?;
    let unlearning = began.elapsed();

    let edits = edit::rewrite(model, &cut, &before, &trained.head, removal.target())?;
    let folder = tempfile::tempdir()?;
    let staged = Staged::write(model, &edits, Destination::new(folder.path().join("out")), &Silent)?;
    let began = Instant::now();
    let report = verify::verify(model, staged.artifact(), &removal, None, device, &Silent)?;
    let verification = began.elapsed();
    Ok(Round {
        sampling,
        unlearning,
        verification,
        samples: material.sampling.accepted[FORGOTTEN],
        epochs: trained.attempts.iter().map(|attempt| attempt.epochs).sum(),
        passed: report.passed(),
    })
}
