//! Killed at any point, a run leaves no half-written release, and the next one cleans up.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::tempdir;

use crate::process::{declass, names, seal, verify};

const WIDTH: usize = 16;
const ENCODER: usize = 128 << 20;

/// A classifier with a small head and an encoder of zeros that takes a while to copy; gives the head's bytes.
fn big_model(folder: &Path) -> Vec<u8> {
    let labels: serde_json::Map<_, _> =
        (0..10).map(|i| (i.to_string(), format!("class {i}").into())).collect();
    let config = json!({"architectures": ["TestForImageClassification"], "id2label": labels});
    let value = |i: usize| (i * 7919 % 101) as f32 / 50.0 - 1.0;
    let head: Vec<u8> = (0..10 * WIDTH + 10).flat_map(|i| value(i).to_le_bytes()).collect();
    let weight = 4 * 10 * WIDTH;
    let tensor = |shape: &[usize], from: usize, to: usize| json!({"dtype": "F32", "shape": shape, "data_offsets": [from, to]});
    let header = json!({
        "classifier.weight": tensor(&[10, WIDTH], 0, weight),
        "classifier.bias": tensor(&[10], weight, head.len()),
        "encoder.layer.weight": tensor(&[WIDTH, ENCODER / 4 / WIDTH], head.len(), head.len() + ENCODER),
    })
    .to_string();
    let header = format!("{header:<width$}", width = header.len().next_multiple_of(8));
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let mut file = File::create(folder.join("model.safetensors")).unwrap();
    let mut start = (header.len() as u64).to_le_bytes().to_vec();
    start.extend(header.as_bytes());
    start.extend(head);
    file.write_all(&start).unwrap();
    file.set_len((start.len() + ENCODER) as u64).unwrap();
    start
}

/// The hidden sibling that a run works in, once it is there.
fn sibling(folder: &Path) -> Option<PathBuf> {
    let name = names(folder).into_iter().find(|name| name.starts_with(".out.declass-"))?;
    Some(folder.join(name))
}

/// How far a run is.
type Reached = fn(&Path) -> bool;

/// Points at which a run is killed, in the order in which they come.
const POINTS: [(&str, Reached); 5] = [
    ("at the start", |_| true),
    ("the folder is there", |folder| sibling(folder).is_some()),
    ("weights begin", |folder| weights(folder).is_some()),
    ("all weights are written", |folder| weights(folder).is_some_and(|size| size > ENCODER as u64)),
    ("the release is in place", |folder| folder.join("out").exists()),
];

/// Size of the weights in the hidden sibling.
fn weights(folder: &Path) -> Option<u64> {
    Some(fs::metadata(sibling(folder)?.join("model.safetensors")).ok()?.len())
}

fn start(model: &Path, out: &Path, more: &[&str]) -> Child {
    let mut command = declass();
    command.arg("unlearn").arg(model).arg("-o").arg(out).args(["--forget", "5", "--method", "seal"]);
    command.args(more).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Lets a run go until it has got somewhere, and a little further, and kills it; false if it ended before.
fn kill_when(run: &mut Child, folder: &Path, reached: Reached, later: Duration) -> bool {
    let begin = Instant::now();
    while !reached(folder) {
        assert!(begin.elapsed() < Duration::from_secs(60), "the point is never reached");
        if run.try_wait().unwrap().is_some() {
            return false;
        }
        sleep(Duration::from_micros(200));
    }
    sleep(later);
    run.kill().unwrap();
    run.wait().unwrap().code().is_none()
}

#[test]
fn a_killed_run_leaves_all_or_nothing_and_the_next_cleans_up() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    let start_of_weights = big_model(&model);
    let modified = |name| fs::metadata(model.join(name)).unwrap().modified().unwrap();
    let before = (modified("model.safetensors"), modified("config.json"));
    let mut leftovers = 0;
    for (point, reached) in POINTS {
        for later in [0, 30] {
            let mut run = start(&model, &out, &[]);
            kill_when(&mut run, folder.path(), reached, Duration::from_millis(later));
            leftovers += usize::from(sibling(folder.path()).is_some());
            if out.exists() {
                let ran = verify(&out, &model, &["-q"]);
                assert_eq!(ran.code, Some(0), "killed when {point}: {ran:?}");
                fs::remove_dir_all(&out).unwrap();
            }
        }
    }
    assert!(leftovers > 0, "no run was killed in the middle");
    // One more leftover, whatever the timing was.
    fs::create_dir(folder.path().join(".out.declass-0123456789Ab")).unwrap();
    seal(&model, &out, &["--forget", "5"]).exits(0);
    assert_eq!(names(folder.path()), ["model", "out"]);
    verify(&out, &model, &[]).exits(0);
    assert_eq!((modified("model.safetensors"), modified("config.json")), before);
    assert!(fs::read(model.join("model.safetensors")).unwrap().starts_with(&start_of_weights));
}

#[test]
fn a_killed_replacement_leaves_one_of_the_two_releases() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    big_model(&model);
    seal(&model, &out, &["--forget", "5", "--slot", "drop"]).exits(0);
    for (point, reached) in POINTS.into_iter().take(4).skip(1) {
        let mut run = start(&model, &out, &["--force"]);
        let killed = kill_when(&mut run, folder.path(), reached, Duration::from_millis(20));
        let ran = verify(&out, &model, &["-q"]);
        assert_eq!(ran.code, Some(0), "killed ({killed}) when {point}: {ran:?}");
    }
    seal(&model, &out, &["--forget", "6", "--force"]).exits(0);
    assert_eq!(names(folder.path()), ["model", "out"]);
    verify(&out, &model, &[]).exits(0);
}
