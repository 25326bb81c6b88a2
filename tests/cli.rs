//! The tool as a user meets it: exit codes, words, the same bytes again, and what a killed run leaves behind.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/fmnist-resnet");

fn declass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_declass")).args(arguments).output().expect("the tool starts")
}

/// Runs the tool, which must end with this code; what it said on stdout and stderr.
#[track_caller]
fn ends(code: i32, arguments: &[&str]) -> (String, String) {
    let output = declass(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "declass {}\n{out}{err}", arguments.join(" "));
    assert!(!err.contains("panicked"), "{err}");
    (out, err)
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
        .collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn wrong_classes_are_refused_with_a_hint() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let refused = |classes: &[&str], options: &[&str]| {
        let named = classes.iter().flat_map(|class| ["--forget", class]).collect::<Vec<_>>();
        ends(2, &[&["unlearn", MODEL, "-o", text(&out)], named.as_slice(), options].concat()).1
    };
    assert!(refused(&["sandel"], &[]).contains("did you mean `Sandal`"));
    assert!(refused(&["10"], &[]).contains("indices go from 0 to 9"));
    assert!(refused(&["Sandal", "5"], &[]).contains("is named twice"));
    let all = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    assert!(refused(&all, &[]).contains("all 10 classes"));
    assert!(refused(&all[..9], &["--slot", "drop"]).contains("single class"));
    assert!(!out.exists());
}

#[test]
fn wrong_usage_ends_with_2() {
    let unlearn = |options: &[&str]| {
        ends(2, &[&["unlearn", MODEL, "-o", "unused", "--forget", "5"], options].concat()).1
    };
    for options in [["--samples", "0"], ["--lr", "nan"], ["--lr", "0"], ["--device", "tpu"], ["--slot", "x"]]
    {
        assert!(unlearn(&options).contains(options[0]), "{options:?}");
    }
    assert!(unlearn(&["--method", "seal", "--no-seal"]).contains("changes nothing"));
    assert!(unlearn(&["--head", "nothing"]).contains("candidates"));
    assert!(unlearn(&["--labels", "x.txt"]).contains("labels of its own"));
    #[cfg(not(feature = "cuda"))]
    assert!(unlearn(&["--device", "cuda"]).contains("--device cpu"));
    ends(2, &["inspect", "nowhere"]);
    ends(2, &["verify", MODEL, "--original", MODEL]);
}

#[test]
fn help_shows_examples_and_exit_codes() {
    assert!(ends(0, &["--help"]).0.contains("Exit codes:"));
    for command in ["evaluate", "inspect", "methods", "unlearn", "verify"] {
        assert!(ends(0, &[command, "--help"]).0.contains("Examples:"), "{command}");
    }
}

#[test]
fn a_dry_run_and_a_failure_leave_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let run = ["unlearn", MODEL, "-o", text(&out), "--forget", "5"];
    ends(0, &[&run[..], &["--dry-run"]].concat());
    let (_, said) = ends(1, &[&run[..], &["--epochs", "1", "--lr", "0.0001"]].concat());
    assert!(said.contains("did not succeed"), "{said}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn json_is_one_object_and_holds_the_written_claim() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let (said, _) = ends(0, &["unlearn", MODEL, "-o", text(&out), "--forget", "Sandal", "--json"]);
    let written = fs::read_to_string(out.join("class-removal.statement.json")).unwrap();
    assert_eq!(parse(&said)["statement"], parse(&written));
    let (verified, _) = ends(0, &["verify", text(&out), "--original", MODEL, "--json"]);
    assert_eq!(parse(&verified)["passed"], true);
    let (inspected, _) = ends(0, &["inspect", MODEL, "--json"]);
    assert_eq!(parse(&inspected)["head"]["name"], "classifier.1");
    assert!(parse(&ends(0, &["methods", "--json"]).0).as_array().is_some_and(|methods| methods.len() > 3));
}

#[test]
fn piped_output_is_plain_and_quiet_is_silent() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let (said, warned) = ends(0, &["unlearn", MODEL, "-o", text(&out), "--forget", "5"]);
    assert!(!said.contains('\u{1b}') && !warned.contains('\u{1b}'), "{said}{warned}");
    assert_eq!(ends(0, &["verify", text(&out), "--original", MODEL, "-q"]), (String::new(), String::new()));
}

#[test]
fn the_same_command_gives_the_same_bytes_whatever_the_number_of_threads() {
    let scratch = tempfile::tempdir().unwrap();
    let run = |name: &str, threads: &str, options: &[&str]| {
        let out = scratch.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_declass"));
        command.args(["unlearn", MODEL, "--forget", "5", "-q", "-o", text(&out)]).args(options);
        assert!(command.env("RAYON_NUM_THREADS", threads).status().unwrap().success());
        files(&out)
    };
    for options in [&[][..], &["--distribution", "uniform", "--samples", "300"]] {
        let first = run(&format!("one{}", options.len()), "1", options);
        assert!(first == run(&format!("two{}", options.len()), "2", options));
        assert!(first == run(&format!("five{}", options.len()), "5", options));
    }
    let other = run("other", "2", &["--seed", "1"]);
    assert!(run("again", "2", &[])["model.safetensors"] != other["model.safetensors"]);
}

/// A model that takes a while to copy: a tiny head behind a large tensor.
fn large_model(folder: &Path) -> PathBuf {
    let model = folder.join("large");
    fs::create_dir(&model).unwrap();
    let labels =
        r#"{"architectures": ["XForImageClassification"], "id2label": {"0": "a", "1": "b", "2": "c"}}"#;
    fs::write(model.join("config.json"), labels).unwrap();
    let size = 200_000_000usize;
    let header = format!(
        r#"{{"classifier.bias":{{"dtype":"F32","shape":[3],"data_offsets":[0,12]}},"classifier.weight":{{"dtype":"F32","shape":[3,4],"data_offsets":[12,60]}},"encoder.weight":{{"dtype":"U8","shape":[{size}],"data_offsets":[60,{}]}}}}"#,
        60 + size
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    let head: [f32; 15] = [0.1, 0.2, 0.0, 1.0, 0.1, 0.0, -0.5, -1.0, 0.2, 0.1, 0.3, 0.2, 1.0, 0.0, -0.4];
    bytes.extend(head.iter().flat_map(|value| value.to_le_bytes()));
    bytes.resize(bytes.len() + size, 7);
    fs::write(model.join("model.safetensors"), bytes).unwrap();
    model
}

#[test]
fn a_killed_run_leaves_no_half_release_and_the_next_one_cleans_up() {
    let scratch = tempfile::tempdir().unwrap();
    let model = large_model(scratch.path());
    let before = files(&model);
    let place = scratch.path().join("place");
    fs::create_dir(&place).unwrap();
    let out = place.join("out");
    let run = ["unlearn", text(&model), "--forget", "b", "-q", "-o", text(&out)];
    let leftovers = || {
        let entries = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name());
        entries.filter(|name| name.to_string_lossy().starts_with(".out.declass-")).count()
    };
    for delay in [0, 20, 60, 150, 300] {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_declass")).args(run).stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        while leftovers() == 0
            && since.elapsed() < Duration::from_secs(20)
            && child.try_wait().unwrap().is_none()
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(delay));
        let _ = child.kill();
        child.wait().unwrap();
        if out.exists() {
            ends(0, &["verify", text(&out), "--original", text(&model), "-q"]);
            fs::remove_dir_all(&out).unwrap();
        }
    }
    ends(0, &run);
    ends(0, &["verify", text(&out), "--original", text(&model), "-q"]);
    assert_eq!(leftovers(), 0, "the last run has cleaned up after the others");
    assert!(files(&model) == before, "the input is untouched");
}

#[test]
fn force_replaces_releases_and_nothing_else() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let run = |seed: &str, force: &[&str]| {
        let output =
            [&["unlearn", MODEL, "--forget", "5", "-q", "--seed", seed, "-o", text(&out)], force].concat();
        declass(&output).status.code()
    };
    assert_eq!(run("0", &[]), Some(0));
    let first = files(&out);
    assert_eq!(run("1", &[]), Some(2), "an existing release needs --force");
    assert_eq!(files(&out), first);
    assert_eq!(run("1", &["--force"]), Some(0));
    assert_ne!(files(&out)["model.safetensors"], first["model.safetensors"]);
    let foreign = scratch.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.txt"), "years of work").unwrap();
    ends(2, &["unlearn", MODEL, "--forget", "5", "--force", "-o", text(&foreign)]);
    assert_eq!(fs::read_to_string(foreign.join("thesis.txt")).unwrap(), "years of work");
}
