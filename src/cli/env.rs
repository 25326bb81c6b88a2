//! `declass env`: what a bug report needs to know of the build and of the machine.

use std::{
    env,
    process::{Command, Stdio},
    thread,
};

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Exit, args::EnvArgs, output::Printer, schema::Schema};

/// Variables that change what declass does, and whether their values may be shown.
const VARIABLES: [(&str, bool); 16] = [
    ("COLUMNS", true),
    ("CUDA_VISIBLE_DEVICES", true),
    ("DECLASS_KEY", false),
    ("DECLASS_KEY_PASSPHRASE", false),
    ("GITHUB_ACTIONS", true),
    ("HF_ENDPOINT", false),
    ("HF_HOME", true),
    ("HF_HUB_CACHE", true),
    ("HF_HUB_DOWNLOAD_TIMEOUT", true),
    ("HF_HUB_OFFLINE", true),
    ("HF_TOKEN", false),
    ("HTTPS_PROXY", false),
    ("NO_COLOR", true),
    ("RAYON_NUM_THREADS", true),
    ("TMPDIR", true),
    ("XDG_CACHE_HOME", true),
];
/// Programs that hooks and packages work with.
const PROGRAMS: [&str; 2] = ["git", "git-lfs"];

pub(super) fn run(args: &EnvArgs, printer: &Printer) -> Result<Exit> {
    let found = found();
    if args.json {
        printer.answer(Schema::Env, &Value::Object(found))?;
        return Ok(Exit::Yes);
    }
    for (name, value) in &found {
        printer.row(name, in_words(value));
    }
    Ok(Exit::Yes)
}

fn found() -> Map<String, Value> {
    let programs: Map<String, Value> =
        PROGRAMS.map(|name| (name.to_owned(), json!(version_of(name)))).into_iter().collect();
    let variables: Map<String, Value> = VARIABLES
        .iter()
        .filter_map(|(name, is_shown)| {
            let value = env::var(name).ok()?;
            Some(((*name).to_owned(), if *is_shown { json!(value) } else { json!("(set)") }))
        })
        .collect();
    let libc = match (cfg!(target_env = "musl"), cfg!(target_env = "gnu")) {
        (true, _) => "-musl",
        (_, true) => "-gnu",
        _ => "",
    };
    Map::from_iter([
        ("version".to_owned(), json!(env!("CARGO_PKG_VERSION"))),
        ("target".to_owned(), json!(format!("{}-{}{libc}", env::consts::ARCH, env::consts::OS))),
        ("features".to_owned(), json!(features())),
        ("threads".to_owned(), json!(thread::available_parallelism().map_or(1, usize::from))),
        ("instructions".to_owned(), json!(instructions())),
        ("devices".to_owned(), json!(devices())),
        ("programs".to_owned(), Value::Object(programs)),
        ("variables".to_owned(), Value::Object(variables)),
    ])
}

/// What was built in.
fn features() -> Vec<&'static str> {
    let all = [
        ("compute", cfg!(feature = "compute")),
        ("cuda", cfg!(feature = "cuda")),
        ("hub", cfg!(feature = "hub")),
        ("inputs", cfg!(feature = "inputs")),
    ];
    all.into_iter().filter(|(_, is_built)| *is_built).map(|(name, _)| name).collect()
}

/// Instructions that results are computed with, where the processor has them.
#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let all = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    all.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(feature = "compute")]
fn devices() -> Vec<String> {
    use declass::device::{DeviceChoice, DeviceKind};
    let automatic = DeviceChoice::Auto.open().map(|opened| DeviceKind::of(&opened.device));
    let gpu = automatic.is_ok_and(|kind| kind == DeviceKind::Cuda);
    ["cpu"].into_iter().chain(gpu.then_some("cuda")).map(str::to_owned).collect()
}

#[cfg(not(feature = "compute"))]
fn devices() -> Vec<String> {
    Vec::new()
}

/// The first line that a program says of its version.
fn version_of(program: &str) -> Option<String> {
    let output =
        Command::new(program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim().chars().take(120).collect();
    output.status.success().then_some(line)
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Null => "not found".to_owned(),
        Value::Object(map) if map.is_empty() => "none".to_owned(),
        Value::Object(map) => {
            let entry = |(name, value): (&String, &Value)| format!("{name}: {}", in_words(value));
            map.iter().map(entry).collect::<Vec<_>>().join("; ")
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
