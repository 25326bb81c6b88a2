//! What it takes to run a whole network, on one core:
//!
//!     cargo bench --bench networks -- MODEL.onnx INPUTS.safetensors LOGITS.safetensors --seconds 4
//!
//! Runs the network on the named inputs once, which loads the weights, then again and again. Prints one line of JSON: seconds of
//! the processor for the first run, for the fastest of the others, and the peak of the resident memory in bytes. The first output
//! is left in LOGITS. `benches/networks.py` makes models and a table.
#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Context;
use candle_core::Device;
use clap::Parser;
use declass::{
    formats::Artifact,
    run::{Program, RawTensor},
};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;

/// Some processors tell the time of a thread in steps of some milliseconds: runs are timed together until they take so long.
const AT_LEAST: f64 = 0.2;

#[derive(Parser)]
struct Arguments {
    model: PathBuf,
    inputs: PathBuf,
    logits: PathBuf,
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// What cargo passes.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (model, file) = (Artifact::open(&arguments.model)?, Artifact::open(&arguments.inputs)?);
    let mut inputs = BTreeMap::new();
    for (name, info) in file.tensors() {
        inputs.insert(name.clone(), RawTensor { info: info.clone(), bytes: file.read_tensor(name)? });
    }
    let before = processor()?;
    let program = Program::new(&model, Device::Cpu)?;
    let wanted = program.outputs();
    let outputs = program.run(&inputs, &wanted[..1])?;
    let first = processor()? - before;
    let logits = outputs.first().context("the model has no output")?;
    let view = TensorView::new(Dtype::F32, logits.info.shape.clone(), &logits.bytes)?;
    safetensors::serialize_to_file([("logits", view)], None, &arguments.logits)?;
    let (start, mut fastest, mut together) = (Instant::now(), f64::INFINITY, 1_u32);
    while start.elapsed() < Duration::from_secs_f64(arguments.seconds) {
        let before = processor()?;
        for _ in 0..together {
            program.run(&inputs, &wanted[..1])?;
        }
        let taken = processor()? - before;
        if taken < AT_LEAST {
            together *= 2;
        } else {
            fastest = fastest.min(taken / f64::from(together));
        }
    }
    println!("{}", json!({ "first": first, "fastest": fastest, "peak": peak()? }));
    Ok(())
}

/// Seconds of the processor that this thread has had.
fn processor() -> anyhow::Result<f64> {
    let all = fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = all.split_whitespace().next().context("no time in schedstat")?;
    Ok(first.parse::<f64>()? * 1e-9)
}

/// The peak of the resident memory, in bytes.
fn peak() -> anyhow::Result<u64> {
    let all = fs::read_to_string("/proc/self/status")?;
    let line = all.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak in status")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
