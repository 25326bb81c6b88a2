//! Plans: a fleet that is killed and goes on, shards, files for schedulers, and what plans get wrong.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::process::{Ran, copy, declass, finish, fixture, rewrite, run, seal};

/// How long a fleet may take until it is so far; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(600);

/// A copy of a small model that is like no other.
fn model(place: &Path, number: usize) {
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    copy(&fixture("fmnist-swin"), place);
    rewrite(&place.join("config.json"), |config| config["copy"] = number.into());
}

fn plan(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("plan.toml");
    fs::write(&path, format!("version = 1\nout = \"fleet\"\n{text}")).unwrap();
    path
}

fn batch(plan: &Path, more: &[&str]) -> Ran {
    run(&[&["batch", plan.to_str().unwrap()], more].concat())
}

/// The releases that are there, with the numbers of their files on disk.
fn releases(folder: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(folder.join("fleet/releases")).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, entry.path().join("model.safetensors").metadata().map_or(0, |it| it.ino()))
    };
    entries.map(of).filter(|(name, _)| !name.starts_with('.')).collect()
}

/// Starts a fleet and kills it, without a word, once so many releases are there.
fn killed_after(folder: &Path, plan: &Path, count: usize) {
    let mut fleet = declass();
    fleet.arg("batch").arg(plan).args(["--jobs", "2"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut fleet = fleet.spawn().unwrap();
    let since = Instant::now();
    while releases(folder).len() < count {
        assert!(fleet.try_wait().unwrap().is_none(), "it ended before it could be killed");
        assert!(since.elapsed() < PATIENCE, "{} of {count}", releases(folder).len());
        thread::sleep(Duration::from_millis(5));
    }
    fleet.kill().unwrap();
    fleet.wait().unwrap();
}

/// 47 models, one that has no `Sandal` any more, one that is cut short and one that lies.
fn fleet_of_50() -> TempDir {
    let folder = tempdir().unwrap();
    let models = folder.path().join("models");
    for number in 0..48 {
        model(&models.join(format!("m{number:02}")), number);
    }
    fs::rename(models.join("m47"), folder.path().join("original")).unwrap();
    seal(&folder.path().join("original"), &models.join("m47"), &["--forget", "Sandal"]).exits(0);
    model(&models.join("broken"), 48);
    let weights = models.join("broken/model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile/onnx/overflowing-dims.onnx");
    fs::copy(hostile, models.join("\u{1b}[2J<script>.onnx")).unwrap();
    folder
}

#[test]
fn a_fleet_that_is_killed_twice_goes_on_and_ends_with_one_right_summary() {
    let folder = fleet_of_50();
    let text =
        "[[removal]]\nmodels = [\"models/*\"]\nforget = [\"Sandal\"]\nmethod = \"seal\"\nexecuted = 0\n";
    let plan = plan(folder.path(), text);
    killed_after(folder.path(), &plan, 8);
    let first = releases(folder.path());
    killed_after(folder.path(), &plan, first.len() + 8);
    let second = releases(folder.path());
    let ran = batch(&plan, &["--json"]).exits(2);
    let json = ran.json();
    let counts = json!({"done": 47, "already": 1, "failed": 0, "refused": 0, "unknown": 2});
    assert_eq!(json["counts"], counts);
    let last = releases(folder.path());
    assert_eq!(last.len(), 47);
    for earlier in [first, second] {
        assert!(
            earlier.len() >= 8 && earlier.iter().all(|(name, file)| last[name] == *file),
            "nothing is made twice"
        );
    }
    let left: Vec<_> = fs::read_dir(folder.path().join("fleet/releases")).unwrap().flatten().collect();
    assert_eq!(left.len(), 47, "nothing half made is left: {left:?}");
    // Every row has its model, in their order, and every release the files of its own.
    let rows = json["releases"].as_array().unwrap();
    let models: Vec<&str> = rows.iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert!(models.len() == 50 && models.is_sorted(), "{models:?}");
    for row in rows {
        let (model, outcome) = (row["model"].as_str().unwrap(), row["outcome"].as_str().unwrap());
        let expected = match model {
            "models/broken" | "models/\u{1b}[2J<script>.onnx" => "unknown",
            "models/m47" => "already",
            _ => "done",
        };
        assert_eq!(outcome, expected, "{row:#}");
        assert_eq!(row["release"].is_string(), expected == "done", "{row:#}");
        assert_eq!(row["reason"].is_string(), expected != "done", "{row:#}");
    }
    let one = &rows.iter().find(|row| row["model"] == "models/m03").unwrap();
    let release = folder.path().join("fleet").join(one["release"].as_str().unwrap());
    let original = folder.path().join("models/m03");
    let [release, original] = [&release, &original].map(|path| path.to_str().unwrap());
    run(&["verify", release, "--original", original]).exits(0);
    assert_eq!(one["agreement"], 1.0);
    // Once more there is nothing to do, and the summary is the same to the byte.
    let summary = |end: &str| fs::read(folder.path().join(format!("fleet/summary.{end}"))).unwrap();
    let before = [summary("json"), summary("html")];
    batch(&plan, &[]).exits(2).shows("47 done, 1 without the classes before, 2 could not be told");
    assert!(releases(folder.path()) == last && before == [summary("json"), summary("html")]);
    let page = String::from_utf8(summary("html")).unwrap();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains('\u{1b}'));
    // A release that somebody touched is no release.
    let weights = Path::new(release).join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    let json = batch(&plan, &["--json"]).exits(2).json();
    assert_eq!(json["counts"]["unknown"], 3);
}

#[test]
fn shards_share_nothing_and_the_next_run_sums_them_up() {
    let folder = tempdir().unwrap();
    for number in 0..3 {
        model(&folder.path().join(format!("m{number}")), number);
    }
    let text =
        "[[removal]]\nmodels = [\"m?\"]\neach = [\"Sandal\", \"Kettle\"]\nmethod = \"seal\"\nexecuted = 0\n";
    let plan = plan(folder.path(), text);
    let looked = batch(&plan, &["--dry-run", "--json"]).exits(1).json();
    assert_eq!(looked["todo"].as_array().unwrap().len(), 3, "{looked:#}");
    assert_eq!(looked["counts"]["refused"], 3);
    // Each takes all cores for some of its steps: no number of jobs divides what they take.
    let many = batch(&plan, &["--dry-run", "--json", "--jobs", "64"]).exits(1).json();
    assert!(many["estimate"]["seconds"].as_f64().unwrap() >= 3.0 * 0.3, "{many:#}");
    assert!(looked["estimate"]["bytes"].as_u64().unwrap() > 3 * 200_000);
    assert!(!folder.path().join("fleet").exists(), "a look makes nothing");
    let zero = batch(&plan, &["--shard", "0/2", "--json"]).exits(0).json();
    assert_eq!((&zero["shard"], zero["releases"].as_array().unwrap().len()), (&json!("0/2"), 3));
    let one = batch(&plan, &["--shard", "1/2", "--json"]).exits(1).json();
    assert_eq!(one["counts"]["refused"], 3, "no model has this class");
    assert!(one["releases"][0]["reason"].as_str().unwrap().contains("Kettle"), "{one:#}");
    let made = releases(folder.path());
    assert_eq!(made.len(), 3);
    let all = batch(&plan, &["--json"]).exits(1).json();
    assert_eq!(
        (&all["shard"], &all["counts"]["done"], &all["counts"]["refused"]),
        (&Value::Null, &json!(3), &json!(3))
    );
    assert_eq!(releases(folder.path()), made);
    for name in ["summary.json", "summary-0-of-2.json", "summary-1-of-2.html"] {
        assert!(folder.path().join("fleet").join(name).exists(), "{name}");
    }
    // What is asked for is a part of the address.
    let other = fs::read_to_string(&plan).unwrap().replace("executed = 0", "executed = 0\nslot = \"drop\"");
    fs::write(&plan, other).unwrap();
    batch(&plan, &["--shard", "0/2"]).exits(0);
    assert_eq!(releases(folder.path()).len(), 6);
}

#[test]
fn tasks_that_come_to_the_same_release_are_all_done_with_one() {
    let folder = tempdir().unwrap();
    for place in ["models/a", "copies/a", "models/b"] {
        model(&folder.path().join(place), usize::from(place.ends_with('b')));
    }
    let text = "[[removal]]\nmodels = [\"models/*\", \"models/a\", \"copies/a\"]\nforget = [\"Sandal\"]\nmethod = \"seal\"\nexecuted = 0\n";
    let plan = plan(folder.path(), text);
    let json = batch(&plan, &["--jobs", "4", "--json"]).exits(0).json();
    assert_eq!((&json["counts"]["done"], releases(folder.path()).len()), (&json!(4), 2), "{json:#}");
    let rows = json["releases"].as_array().unwrap();
    assert!(rows[2..].iter().all(|row| row["address"] == rows[0]["address"]), "{json:#}");
    // Two runs at once, of which each makes what the other makes.
    fs::remove_dir_all(folder.path().join("fleet")).unwrap();
    let runs = [(), ()].map(|()| {
        let mut fleet = declass();
        fleet.arg("batch").arg(&plan).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    for mut run in runs {
        assert_eq!(run.wait().unwrap().code(), Some(0));
    }
    assert_eq!(releases(folder.path()).len(), 2);
}

#[test]
fn a_release_of_something_else_in_the_place_of_one_is_not_taken_for_it() {
    let folder = tempdir().unwrap();
    for number in 0..2 {
        model(&folder.path().join(format!("m{number}")), number);
    }
    let text =
        "[[removal]]\nmodels = [\"m*\"]\neach = [\"Sandal\", \"Bag\"]\nmethod = \"seal\"\nexecuted = 0\n";
    let plan = plan(folder.path(), text);
    let json = batch(&plan, &["--json"]).exits(0).json();
    let rows = json["releases"].as_array().unwrap();
    let place = |at: usize| folder.path().join("fleet").join(rows[at]["release"].as_str().unwrap());
    let swap = |a: usize, b: usize| {
        let aside = folder.path().join("aside");
        fs::rename(place(a), &aside).unwrap();
        fs::rename(place(b), place(a)).unwrap();
        fs::rename(&aside, place(b)).unwrap();
    };
    // The same model without another class, and another model without the same class.
    for (a, b) in [(0, 1), (0, 2)] {
        swap(a, b);
        for more in [&[][..], &["--dry-run"]] {
            let json = batch(&plan, &[more, &["--json"]].concat()).exits(2).json();
            assert_eq!(json["counts"]["unknown"], 2, "{json:#}");
            assert_eq!(
                (&json["releases"][a]["outcome"], &json["releases"][b]["root"]),
                (&json!("unknown"), &Value::Null)
            );
        }
        swap(a, b);
    }
    batch(&plan, &[]).exits(0);
}

#[test]
fn a_look_says_which_classes_stay() {
    let folder = tempdir().unwrap();
    model(&folder.path().join("m"), 0);
    let text = "[[removal]]\nmodels = [\"m\"]\nkeep = [\"Bag\", \"Sandal\"]\nmethod = \"seal\"\n";
    let plan = plan(folder.path(), text);
    let json = batch(&plan, &["--dry-run", "--json"]).exits(0).json();
    assert_eq!(json["todo"], json!([{"model": "m", "classes": ["Bag", "Sandal"], "keeps": true}]));
    batch(&plan, &["--dry-run"]).exits(0).shows("only Bag, Sandal");
}

#[test]
fn a_slurm_array_is_a_script_that_bash_reads_and_that_does_the_work() {
    let folder = tempdir().unwrap();
    let below = folder.path().join("it's a $(folder)");
    for number in 0..3 {
        model(&below.join(format!("m{number}")), number);
    }
    let text = "[[removal]]\nmodels = [\"m*\"]\nforget = [\"Sandal\"]\nmethod = \"seal\"\nexecuted = 0\n";
    let plan = plan(&below, text);
    let script = folder.path().join("fleet.sbatch");
    let file = script.to_str().unwrap();
    batch(&plan, &["--slurm", file, "--shards", "2"]).exits(0);
    batch(&plan, &["--slurm", file]).exits(2).says("writing");
    let said = Command::new("bash").arg("-n").arg(&script).output().unwrap();
    assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
    let written = fs::read_to_string(&script).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("#!/bin/bash"));
    // Slurm reads its lines up to the first command, and options by their long names.
    let options: BTreeMap<&str, &str> = lines
        .map_while(|line| line.strip_prefix("#SBATCH --"))
        .map(|option| option.split_once('=').unwrap_or((option, "")))
        .collect();
    let known = ["array", "cpus-per-task", "job-name", "ntasks", "output", "requeue"];
    assert_eq!(options.keys().copied().collect::<Vec<_>>(), known);
    assert_eq!(written.matches("#SBATCH").count(), known.len());
    assert_eq!(options["array"], "0-1");
    // As Slurm runs it.
    let program = declass().get_program().to_owned();
    let path = format!("{}:/usr/bin:/bin", Path::new(&program).parent().unwrap().display());
    for task in 0..2 {
        let mut command = Command::new("bash");
        command.arg(&script).env("PATH", &path).env("SLURM_ARRAY_TASK_ID", task.to_string());
        finish(command.current_dir("/")).exits(0);
    }
    assert_eq!(releases(&below).len(), 3);
    assert_eq!(batch(&plan, &["--json"]).exits(0).json()["counts"]["done"], 3);
}

#[test]
fn what_a_plan_gets_wrong_is_told_before_anything_is_done() {
    let folder = tempdir().unwrap();
    let wrong = |text: &str| batch(&plan(folder.path(), text), &[]).exits(2);
    wrong("").says("plan.toml").says("removal");
    wrong("[[removal]]\nmodels = [\"x*\"]\nforget = [\"a\"]\n").says("no model fits `x*`");
    wrong("[[removal]]\nmodels = [\"x\"]\nforget = [\"a\"]\nmethod = \"magic\"\n").says("magic");
    wrong("[[removal]]\nmodels = [\"x\"]\nforget = [\"a\"]\nspeed = 1\n").says("speed");
    assert!(!folder.path().join("fleet").exists());
    let ran = batch(
        &plan(folder.path(), "[[removal]]\nmodels = [\"not/here/at/all\"]\nforget = [\"a\"]\n"),
        &["--json"],
    );
    assert_eq!(ran.exits(2).json()["counts"]["unknown"], 1);
    let path = folder.path().join("plan.toml");
    batch(&path, &["--shard", "2/2"]).exits(2);
    batch(&path, &["--kubernetes", "x.json"]).exits(2).says("--image");
    run(&["batch", folder.path().join("none.toml").to_str().unwrap()]).exits(2).says("there is no such file");
}
